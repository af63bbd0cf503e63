// attack: reboot the machine
// family: kernel surface
// walls: filter, capabilities
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    refused("reboot", syscall(SYS_reboot, 1, 2, 3, 0));
    return verdict();
}
