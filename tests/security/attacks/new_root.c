// attack: leave the root by chroot or pivot_root
// family: mount tree
// walls: landlock, filter, capabilities
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("pivot_root", syscall(SYS_pivot_root, "/box", "/box"));
    refused("chroot", chroot("/box"));
    return verdict();
}
