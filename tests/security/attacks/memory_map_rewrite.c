// attack: change what the kernel believes about the program's memory, or share its core
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"

#include <sys/prctl.h>
int main(void) {
    unsigned size = 0;
    refused("PR_SET_MM", prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0));
    refused("perf events", prctl(PR_TASK_PERF_EVENTS_ENABLE, 0, 0, 0, 0));
    refused("core scheduling", prctl(62, 1, 1, 0, 0));
    return verdict();
}
