// attack: leave a piece of SysV shared memory behind, which no process limit counts
// family: IPC and keyrings (isolate 2.x)
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    long id = syscall(SYS_shmget, 0, 4096, 0600 | 01000);
    refused("shmget", id);
    refused("shmat", syscall(SYS_shmat, id, 0, 0));
    if (id >= 0) syscall(SYS_shmctl, id, 0, 0);
    return verdict();
}
