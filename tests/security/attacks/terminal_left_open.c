// attack: leave processes behind that hold the terminal open and survive its hanging up
// family: terminal
// walls: kill_rest, pid_namespace, cgroup_kill
// terminal: yes
// expect: exit=0 limit=none
// without: exit=0 left=process
#include "attack.h"
int main(void) {
    if (!isatty(0)) return 1;
    for (int i = 0; i < 4; ++i) {
        if (fork() == 0) {
            for (int s = 1; s < 64; ++s)
                signal(s, SIG_IGN);
            if (i % 2 == 0) setsid();
            for (;;)
                pause();
        }
    }
    return 0;
}
