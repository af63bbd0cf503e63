// attack: take capabilities, or switch the rules that keep them away
// family: identity and capabilities
// walls: capabilities
// expect: exit=0 limit=none says=EPERM
// without: exit=42
#include "attack.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
int main(void) {
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct one[2] = {{1, 1, 0}, {0, 0, 0}};
    refused("capset", syscall(SYS_capset, &head, one));
    refused("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
    refused("securebits", prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS, 0, 0, 0));
    return verdict();
}
