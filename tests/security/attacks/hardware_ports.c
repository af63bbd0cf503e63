// attack: speak to hardware ports
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    // The highest level is refused to everybody; an invalid one shows who answers.
    refused("iopl", syscall(SYS_iopl, 4));
    refused("ioperm", syscall(SYS_ioperm, 70000, 1, 1));
    return verdict();
}
