// attack: read or clear the kernel's log
// family: kernel surface
// walls: filter, capabilities, user_namespace
// control-where: guest
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    char text[256];
    refused("syslog read", syscall(SYS_syslog, 3, text, sizeof text));
    return verdict();
}
