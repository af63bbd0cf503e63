// attack: change the mount tree, or leave it
// expect: exit=0 limit=none says=EPERM
// walls: seccomp, no capabilities
#include "attack.h"

#include <sys/mount.h>
int main(void) {
    refused("mount tmpfs", mount("x", "/box", "tmpfs", 0, 0));
    refused("bind", mount("/", "/box", 0, MS_BIND, 0));
    refused("remount rw", mount(0, "/usr", 0, MS_REMOUNT | MS_BIND, 0));
    refused("umount proc", umount2("/proc", MNT_DETACH));
    refused("umount box", umount2("/box", MNT_DETACH));
    refused("pivot_root", syscall(SYS_pivot_root, "/box", "/box"));
    refused("chroot", chroot("/box"));
    refused("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
    refused("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
    refused("move_mount", syscall(SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, "/box", 0));
    refused("mount_setattr", syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, 0, 0));
    return verdict();
}
