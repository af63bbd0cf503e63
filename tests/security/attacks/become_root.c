// attack: become another user
// family: identity and capabilities
// walls: capabilities
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("setgroups", syscall(SYS_setgroups, 0, 0));
    refused("setgid 0", setgid(0));
    refused("setresuid 0", setresuid(-1, 0, -1));
    refused("setuid 0", setuid(0));
    return verdict();
}
