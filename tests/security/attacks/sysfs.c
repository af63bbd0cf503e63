// attack: look into the kernel's device tree and the cgroups
// family: host files
// walls: landlock, old_root_detached
// expect: exit=0 limit=none says=ENOENT
// without: exit=42
#include "attack.h"
int main(void) {
    refused("/sys/kernel", open("/sys/kernel", O_RDONLY));
    refused("/.old/sys/kernel", open("/.old/sys/kernel", O_RDONLY));
    refused("/sys/fs/cgroup", open("/sys/fs/cgroup", O_RDONLY));
    refused("/.old/sys/fs/cgroup", open("/.old/sys/fs/cgroup", O_RDONLY));
    return verdict();
}
