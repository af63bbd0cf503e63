// attack: kill the supervisor inside by a process handle
// family: other processes
// walls: landlock, job_uid, capabilities
// expect: exit=0 limit=none says=EPERM
// expect-single-uid-unscoped: exit=42 limit=none says=pidfd_send_signal: GOT THROUGH
// without: exit=42 changed
#include "attack.h"
int main(void) {
    int init = (int)syscall(SYS_pidfd_open, 1, 0);
    if (init < 0) return 1;
    refused("pidfd_send_signal", syscall(SYS_pidfd_send_signal, init, SIGKILL, 0, 0));
    return verdict();
}
