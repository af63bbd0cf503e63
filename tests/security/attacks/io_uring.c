// attack: reach io_uring, where many kernel exploits of recent years began
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    char parameters[256] = {0};
    refused("io_uring_setup", syscall(SYS_io_uring_setup, 1, parameters));
    refused("io_uring_enter", syscall(SYS_io_uring_enter, -1, 0, 0, 0, 0, 0));
    refused("io_uring_register", syscall(SYS_io_uring_register, -1, 0, 0, 0));
    return verdict();
}
