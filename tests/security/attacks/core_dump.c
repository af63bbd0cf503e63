// attack: write a core file, by the kernel's hand
// family: limits
// walls: rlimit_core
// control-where: guest
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"

#include <sys/resource.h>
int main(void) {
    struct rlimit all;
    getrlimit(RLIMIT_CORE, &all);
    all.rlim_cur = all.rlim_max;
    setrlimit(RLIMIT_CORE, &all);
    pid_t child = fork();
    if (child == 0) abort();
    int status = 0;
    waitpid(child, &status, 0);
    // Where core files go to is the host's affair; that none is asked for is ours.
    return all.rlim_max != 0 || WCOREDUMP(status) ? 42 : 0;
}
