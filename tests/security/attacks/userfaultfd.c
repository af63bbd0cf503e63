// attack: stop the kernel in the middle of a copy with userfaultfd, the usual helper of exploits
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("userfaultfd", syscall(SYS_userfaultfd, 1));
    return verdict();
}
