// attack: lift its own limits through a descriptor of the cgroup (runc 2024-21626)
// family: runc CVE-2024-21626
// walls: close_range, close_on_exec
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"

#include <sys/vfs.h>
int main(void) {
    for (int fd = 3; fd < 256; ++fd) {
        struct statfs where;
        if (fstatfs(fd, &where) < 0) continue;
        if (where.f_type != 0x27e0eb && where.f_type != 0x63677270) continue;
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d/..", fd);
        printf("descriptor %d is of a cgroup\n", fd);
        return 42;
    }
    return 0;
}
