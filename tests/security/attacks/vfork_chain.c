// attack: a chain of processes, each made by the last, that waits in the kernel
// family: bombs
// walls: pids_limit, rlimit_nproc
// expect: limit=processes says=EAGAIN
// expect-no-cgroups: limit=none says=EAGAIN
// without: exit=42 limit=none says=all of them
#include "attack.h"
static int depth = 0;
static void next(void) {
    if (depth >= 150) {
        (void)!write(1, "all of them\n", 12);
        _exit(42);
    }
    ++depth;
    pid_t child = vfork();
    if (child == 0) next();
    if (child < 0) (void)!write(1, "then EAGAIN\n", 12);
    _exit(child < 0 ? 0 : 42);
}
int main(void) {
    next();
}
