// attack: change the mount tree with the new calls
// family: mount tree
// walls: landlock, filter, capabilities
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
    refused("fsconfig", syscall(SYS_fsconfig, -1, 0, 0, 0, 0));
    refused("fsmount", syscall(SYS_fsmount, -1, 0, 0));
    refused("fspick", syscall(SYS_fspick, AT_FDCWD, "/box", 0));
    refused("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/box", 1));
    refused("move_mount", syscall(SYS_move_mount, -1, "", AT_FDCWD, "/box", 4));
    refused("mount_setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/box", 0, 0, 0));
    return verdict();
}
