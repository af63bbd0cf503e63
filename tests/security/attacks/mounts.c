// attack: change the mount tree with the old calls
// family: mount tree
// walls: landlock, capabilities
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/mount.h>
int main(void) {
    refused("mount tmpfs", mount("x", "/box", "tmpfs", 0, 0));
    refused("bind", mount("/etc", "/box", 0, MS_BIND, 0));
    refused("umount box", umount2("/box", MNT_DETACH));
    refused("remount writable", mount(0, "/", 0, MS_REMOUNT | MS_BIND, 0));
    return verdict();
}
