// attack: run before everybody else
// family: limits
// walls: rlimit_priority, capabilities, user_namespace
// control-where: guest
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/resource.h>
int main(void) {
    refused("nice", setpriority(PRIO_PROCESS, 0, -20));
    struct sched_param first = {.sched_priority = 1};
    refused("real time", sched_setscheduler(0, SCHED_FIFO, &first));
    refused("disk priority", syscall(SYS_ioprio_set, 1, 0, 1 << 13));
    return verdict();
}
