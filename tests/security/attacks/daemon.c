// attack: leave a process behind that nobody waits for
// family: life and death
// walls: kill_rest, pid_namespace, cgroup_kill
// expect: exit=0 limit=none
// without: exit=0 left=process
#include "attack.h"
int main(void) {
    for (int i = 0; i < 8; ++i) {
        if (fork() == 0) {
            setsid();
            if (fork() == 0) {
                for (int s = 1; s < 64; ++s)
                    signal(s, SIG_IGN);
                for (;;)
                    pause();
            }
            _exit(0);
        }
        wait(0);
    }
    return 0;
}
