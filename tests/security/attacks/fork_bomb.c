// attack: fork bomb: as many processes as the kernel gives, none of which ends
// expect: exit=0 limit=processes says=EAGAIN
// walls: cgroup pids, rlimit nproc
#include "attack.h"
int main(void) {
    for (int i = 0; i < 20000; ++i) {
        pid_t child = fork();
        if (child == 0) pause();
        if (child < 0) {
            printf("%d children, then %s\n", i, strerrorname_np(errno));
            return i < 70 ? 0 : 42;
        }
    }
    return 42;
}
