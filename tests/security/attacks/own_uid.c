// attack: run as the supervisor's user
// family: identity and capabilities
// walls: job_uid
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    gid_t groups[32];
    if (getgroups(32, groups) != 0) return 1;
    return getuid() != 0 && geteuid() != 0 && getgid() != 0 ? 0 : 42;
}
