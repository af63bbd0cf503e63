// attack: make the kernel write down every process of the host
// family: kernel surface
// walls: filter, capabilities, user_namespace
// control-where: guest
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    refused("acct", acct("/box/none"));
    return verdict();
}
