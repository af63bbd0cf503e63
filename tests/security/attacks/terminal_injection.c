// attack: type into the operator's terminal
// expect: exit=0 limit=none says=EPERM
// walls: seccomp, no terminal
#include "attack.h"

#include <sys/ioctl.h>
#include <sys/personality.h>
int main(void) {
    for (int fd = 0; fd < 3; ++fd) {
        refused("TIOCSTI", ioctl(fd, TIOCSTI, "x"));
        refused("TIOCLINUX", ioctl(fd, 0x541C, "\2"));
        refused("TIOCSTI with high bits", syscall(SYS_ioctl, fd, 0xffffffff00005412UL, "x"));
    }
    refused("controlling terminal", open("/dev/tty", O_RDWR));
    refused("no randomization", personality(ADDR_NO_RANDOMIZE));
    return verdict();
}
