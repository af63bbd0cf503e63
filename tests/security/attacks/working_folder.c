// attack: start from, or step to, a folder outside the root (runc 2024-21626)
// family: runc CVE-2024-21626
// walls: old_root_detached
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    char where[256];
    if (getcwd(where, sizeof where) == 0 || strcmp(where, "/box") != 0) return 42;
    for (int fd = 0; fd < 256; ++fd) {
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (chdir(path) == 0) got_through = 1;
        snprintf(path, sizeof path, "/proc/self/fd/%d/../../../../..", fd);
        if (chdir(path) == 0) got_through = 1;
    }
    // Up from the root is the root.
    struct stat root, above;
    if (stat("/", &root) < 0 || stat("/../../..", &above) < 0) return 1;
    if (root.st_ino != above.st_ino || root.st_dev != above.st_dev) got_through = 1;
    // The old root's folder: what would lie there, had it not been detached.
    if (chdir("/.old/etc") == 0) got_through = 1;
    return verdict();
}
