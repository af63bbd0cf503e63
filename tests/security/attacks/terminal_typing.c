// attack: type into the own terminal, so that whoever reads it next gets it as typed
// family: terminal
// walls: filter
// terminal: yes
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"

#include <sys/ioctl.h>
#include <termios.h>
static void type_into(const char* which, int fd) {
    char name[64];
    snprintf(name, sizeof name, "TIOCSTI on %s", which);
    refused(name, ioctl(fd, TIOCSTI, "x"));
    snprintf(name, sizeof name, "TIOCSTI with high bits on %s", which);
    refused(name, syscall(SYS_ioctl, fd, 0xffffffff00000000UL | TIOCSTI, "x"));
    snprintf(name, sizeof name, "TIOCLINUX on %s", which);
    refused(name, ioctl(fd, TIOCLINUX, "\3"));
    snprintf(name, sizeof name, "TIOCLINUX with high bits on %s", which);
    refused(name, syscall(SYS_ioctl, fd, 0xffffffff00000000UL | TIOCLINUX, "\3"));
}
int main(void) {
    if (!isatty(0) || !isatty(1) || !isatty(2)) return 1;
    // What gets through would be echoed into the lines below.
    struct termios silent;
    tcgetattr(0, &silent);
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(0, TCSANOW, &silent);
    type_into("stdin", 0);
    type_into("/dev/tty", open("/dev/tty", O_RDWR));
    return verdict();
}
