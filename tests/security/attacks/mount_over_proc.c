// attack: put something else where the kernel's files are expected (runc 2025-31133, 52565,
// 52881)
// family: runc CVE-2025-31133, 52565, 52881
// walls: landlock, capabilities
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/mount.h>
int main(void) {
    refused("mount over /proc", mount("x", "/proc", "tmpfs", 0, 0));
    refused("mount over /dev", mount("x", "/dev", "tmpfs", 0, 0));
    return verdict();
}
