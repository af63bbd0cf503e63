// attack: hang up the own terminal, drop it, take it again
// family: terminal
// also: the terminal is the run's own and ends with it
// control: none - nothing is refused; the next run of the slot must not notice
// terminal: yes
// expect: exit=0 limit=none
#include "attack.h"

#include <sys/ioctl.h>
#include <termios.h>
int main(void) {
    if (!isatty(0)) return 1;
    struct termios raw;
    tcgetattr(0, &raw);
    cfmakeraw(&raw);
    tcsetattr(0, TCSANOW, &raw);
    signal(SIGHUP, SIG_IGN);
    signal(SIGCONT, SIG_IGN);
    for (int i = 0; i < 100; ++i) {
        if (ioctl(0, TIOCEXCL) < 0 || ioctl(0, TIOCNOTTY) < 0 || ioctl(0, TIOCSCTTY, 0) < 0) return 2;
    }
    if (ioctl(0, TIOCNXCL) < 0) return 3;
    // Nobody has it open any more; the session may open it again.
    for (int fd = 0; fd < 3; ++fd)
        close(fd);
    for (int i = 0; i < 100; ++i) {
        const int again = open("/dev/tty", O_RDWR);
        if (again >= 0) close(again);
    }
    return 0;
}
