// attack: become somebody else, or regain a capability
// expect: exit=0 limit=none says=EPERM
// walls: user namespace, empty bounding set, no_new_privs, nosuid
#include "attack.h"

#include <linux/capability.h>
#include <sys/prctl.h>
int main(void) {
    refused("setuid 0", setuid(0));
    refused("setresuid 0", setresuid(0, 0, 0));
    refused("setgid 0", setgid(0));
    refused("setgroups", syscall(SYS_setgroups, 0, 0));
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct all[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}};
    refused("capset", syscall(SYS_capset, &head, all));
    refused("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
    for (int c = 0; c <= 40; ++c) {
        if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) == 1) got_through = 1;
    }
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || getuid() == 0 || geteuid() == 0)
        got_through = 1;
    refused("chown", chown("/box", 0, 0));
    return verdict();
}
