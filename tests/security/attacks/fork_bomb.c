// attack: fork bomb: processes that do not end, more than the limit
// family: bombs
// walls: pids_limit, rlimit_nproc
// expect: exit=0 limit=processes says=EAGAIN
// expect-no-cgroups: exit=0 limit=none says=EAGAIN
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    // 200 are enough to show, and harmless where nothing stops them.
    for (int i = 0; i < 200; ++i) {
        pid_t child = fork();
        if (child == 0) pause();
        if (child < 0) {
            printf("%d children, then %s\n", i, strerrorname_np(errno));
            return i < 70 ? 0 : 42;
        }
    }
    return 42;
}
