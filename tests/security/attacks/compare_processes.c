// attack: learn kernel addresses by comparing processes
// family: other processes (4.2: 1, 8, 21)
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    refused("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 1, 0, 0));
    return verdict();
}
