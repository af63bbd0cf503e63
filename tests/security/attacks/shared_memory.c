// attack: leave SysV or POSIX IPC objects behind
// expect: exit=0 limit=none says=EPERM
// walls: seccomp, ipc namespace, rlimit msgqueue
#include "attack.h"
int main(void) {
    refused("shmget", syscall(SYS_shmget, 4711, 4096, 0666 | 01000));
    refused("msgget", syscall(SYS_msgget, 4711, 0666 | 01000));
    refused("semget", syscall(SYS_semget, 4711, 1, 0666 | 01000));
    refused("mq_open", syscall(SYS_mq_open, "note", O_CREAT | O_RDWR, 0666, 0));
    return verdict();
}
