// attack: leave for namespaces of its own, and get capabilities there
// family: namespaces (kernel LPEs by user namespaces)
// walls: filter, user_namespace_limit
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
static void leave(const char* name, int flags) {
    fflush(stdout);
    if (fork() == 0) {
        refused(name, unshare(flags));
        _exit(verdict());
    }
    int status = 0;
    wait(&status);
    if (WEXITSTATUS(status) != 0) got_through = 1;
}
int main(void) {
    leave("user", CLONE_NEWUSER);
    leave("user and net", CLONE_NEWUSER | CLONE_NEWNET);
    leave("user and mount", CLONE_NEWUSER | CLONE_NEWNS);
    return verdict();
}
