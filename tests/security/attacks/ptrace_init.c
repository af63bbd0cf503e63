// attack: steer the supervisor inside by ptrace
// family: other processes
// walls: landlock, filter, job_uid, non_dumpable, capabilities
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/ptrace.h>
int main(void) {
    refused("seize init", ptrace(PTRACE_SEIZE, 1, 0, 0));
    return verdict();
}
