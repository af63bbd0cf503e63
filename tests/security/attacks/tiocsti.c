// attack: type into the operator's terminal
// family: terminal
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"

#include <sys/ioctl.h>
int main(void) {
    for (int fd = 0; fd < 3; ++fd) {
        char name[64];
        snprintf(name, sizeof name, "TIOCSTI on %d", fd);
        refused(name, ioctl(fd, TIOCSTI, "x"));
        snprintf(name, sizeof name, "TIOCLINUX on %d", fd);
        refused(name, ioctl(fd, 0x541C, "\2"));
        snprintf(name, sizeof name, "TIOCSTI with high bits on %d", fd);
        refused(name, syscall(SYS_ioctl, fd, 0xffffffff00005412UL, "x"));
    }
    return verdict();
}
