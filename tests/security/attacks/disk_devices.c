// attack: open memory, disks and hypervisors of the host
// family: host files
// walls: own_devices
// expect: exit=0 limit=none says=ENOENT
// without: exit=42
#include "attack.h"

#include <dirent.h>
int main(void) {
    static const char* const names[] = {
        "/dev/mem",
        "/dev/kvm",
        "/dev/fuse",
        "/dev/vda",
        "/dev/nvme0n1",
        "/dev/loop0",
        "/dev/net/tun"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        refused(names[i], open(names[i], O_RDWR));
    DIR* folder = opendir("/dev");
    int count = 0;
    for (struct dirent* e; (e = readdir(folder)) != 0;)
        count += e->d_name[0] != '.';
    // null zero full random urandom, fd stdin stdout stderr, shm.
    if (count != 10) got_through = 1;
    return verdict();
}
