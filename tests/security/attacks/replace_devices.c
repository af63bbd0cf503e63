// attack: replace /dev/null and its like by links, so that somebody with rights writes through
// them
// family: runc CVE-2025-31133, 52565, 52881
// walls: landlock, read_only_root
// expect: exit=0 limit=none says=EROFS
// without: changed
#include "attack.h"
int main(void) {
    refused("unlink null", unlink("/dev/null"));
    refused("rename zero", rename("/dev/zero", "/dev/other"));
    refused("link in /dev", symlink("/proc/sys/kernel/core_pattern", "/dev/ptmx"));
    refused("unlink stdin link", unlink("/dev/stdin"));
    return verdict();
}
