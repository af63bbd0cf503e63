// attack: replace the kernel
// family: kernel surface
// walls: filter, capabilities, user_namespace
// control-where: guest
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    refused("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
    refused("kexec_file_load", syscall(SYS_kexec_file_load, -1, -1, 0, 0, 0));
    return verdict();
}
