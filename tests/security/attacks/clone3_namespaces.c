// attack: hide the flags of a new namespace in memory, where a filter cannot read them
// family: namespaces (kernel LPEs by user namespaces)
// walls: filter, user_namespace_limit
// expect: exit=0 limit=none says=ENOSYS
// without: exit=42 changed
#include "attack.h"

#include <linux/sched.h>
int main(void) {
    struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    long child = syscall(SYS_clone3, &args, sizeof args);
    if (child == 0) _exit(0);
    refused("clone3", child);
    return verdict();
}
