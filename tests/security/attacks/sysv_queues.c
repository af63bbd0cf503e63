// attack: leave SysV queues and semaphores behind
// family: IPC and keyrings (isolate 2.x)
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    long queue = syscall(SYS_msgget, 0, 0600 | 01000);
    long semaphore = syscall(SYS_semget, 0, 1, 0600 | 01000);
    errno = EPERM;
    refused("msgget", queue);
    refused("semget", semaphore);
    if (queue >= 0) syscall(SYS_msgctl, queue, 0, 0);
    if (semaphore >= 0) syscall(SYS_semctl, semaphore, 0, 0);
    return verdict();
}
