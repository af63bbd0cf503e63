// attack: switch swap areas
// family: kernel surface
// walls: filter, capabilities, user_namespace
// control-where: guest
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    refused("swapon", syscall(SYS_swapon, "/box/none", 0));
    refused("swapoff", syscall(SYS_swapoff, "/box/none"));
    return verdict();
}
