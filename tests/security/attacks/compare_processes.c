// attack: learn kernel addresses by comparing processes
// family: other processes
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    refused("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 1, 0, 0));
    return verdict();
}
