// attack: make the supervisor the parent of its child, and outlive the program there
// family: life and death
// walls: kill_rest, pid_namespace, cgroup_kill
// expect: exit=0 limit=none
// without: exit=0 left=process
#include "attack.h"
int main(void) {
    if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0) {
        for (;;)
            pause();
    }
    return 0;
}
