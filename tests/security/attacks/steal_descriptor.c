// attack: take a descriptor out of another process
// family: other processes
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    int handle = (int)syscall(SYS_pidfd_open, child, 0);
    if (handle < 0) return 1;
    refused("pidfd_getfd", syscall(SYS_pidfd_getfd, handle, 0, 0));
    return verdict();
}
