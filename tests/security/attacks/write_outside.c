// attack: write anywhere but into the working folders
// expect: exit=0 limit=none
// walls: read-only mounts, owners
#include "attack.h"
int main(void) {
    static const char* const paths[] = {
        "/x",
        "/usr/x",
        "/etc/x",
        "/etc/passwd",
        "/dev/x",
        "/proc/x",
        "/run/x",
        "/.run/x",
        "/usr/bin/env"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; ++i) {
        refused(paths[i], open(paths[i], O_WRONLY | O_CREAT, 0644));
        refused("unlink", unlink(paths[i]));
        refused("chmod", chmod(paths[i], 0777));
    }
    refused("oom score", open("/proc/1/oom_score_adj", O_WRONLY));
    refused("device", mknod("/box/mem", S_IFCHR | 0666, (1 << 8) | 1));
    refused("block device", mknod("/box/disk", S_IFBLK | 0666, 254 << 8));
    return verdict();
}
