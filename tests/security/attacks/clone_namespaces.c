// attack: give birth to a child in namespaces of its own
// family: namespaces (kernel LPEs by user namespaces)
// walls: filter, user_namespace_limit, capabilities
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    static const struct {
        const char* name;
        unsigned long flag;
    } kinds[] = {
        {"user", CLONE_NEWUSER},
        {"mount", CLONE_NEWNS},
        {"pid", CLONE_NEWPID},
        {"net", CLONE_NEWNET},
        {"ipc", CLONE_NEWIPC},
        {"uts", CLONE_NEWUTS},
        {"cgroup", CLONE_NEWCGROUP},
        {"user and mount", CLONE_NEWUSER | CLONE_NEWNS}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
        long child = syscall(SYS_clone, kinds[i].flag | SIGCHLD, 0, 0, 0, 0);
        if (child == 0) _exit(0);
        refused(kinds[i].name, child);
    }
    return verdict();
}
