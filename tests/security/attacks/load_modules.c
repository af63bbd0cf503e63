// attack: load code into the kernel
// family: kernel surface
// walls: filter, capabilities, user_namespace
// control-where: guest
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    refused("init_module", syscall(SYS_init_module, "", 0, ""));
    refused("finit_module", syscall(SYS_finit_module, -1, "", 0));
    refused("delete_module", syscall(SYS_delete_module, "none-such", O_NONBLOCK));
    return verdict();
}
