// attack: set quotas of the host's disks
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    // An impossible kind of quota is refused before any right is asked for.
    refused("quotactl", syscall(SYS_quotactl, (0x800001u << 8) | 77, "/dev/none", 0, 0));
    refused("quotactl_fd", syscall(443, -1, 77, 0, 0));
    return verdict();
}
