// attack: make namespaces, and with them capabilities
// expect: exit=0 limit=none says=ENOSYS
// walls: seccomp, max_user_namespaces=0, no capabilities
#include "attack.h"

#include <linux/sched.h>
int main(void) {
    refused("unshare user", unshare(CLONE_NEWUSER));
    refused("unshare mount", unshare(CLONE_NEWNS));
    refused("setns", setns(open("/proc/self/ns/user", O_RDONLY), 0));
    static const unsigned long flags[] = {
        CLONE_NEWUSER,
        CLONE_NEWNS,
        CLONE_NEWPID,
        CLONE_NEWNET,
        CLONE_NEWIPC,
        CLONE_NEWUTS,
        CLONE_NEWCGROUP,
        CLONE_NEWUSER | CLONE_NEWNS};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; ++i) {
        long r = syscall(SYS_clone, flags[i] | SIGCHLD, 0, 0, 0, 0);
        if (r == 0) _exit(0);
        refused("clone", r);
    }
    struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    long r = syscall(SYS_clone3, &args, sizeof args);
    if (r == 0) _exit(0);
    refused("clone3", r);
    return verdict();
}
