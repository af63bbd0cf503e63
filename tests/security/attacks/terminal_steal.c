// attack: take the terminal away from the session that has it, be the machine's console, hang up
// family: terminal
// walls: filter, capabilities, user_namespace
// control-where: guest
// terminal: yes
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"

#include <sys/ioctl.h>
int main(void) {
    if (!isatty(0)) return 1;
    // Another session, without a terminal, so that nothing but rights is in the way.
    int ends[2];
    if (pipe(ends) < 0) return 1;
    if (fork() == 0) {
        setsid();
        const int result = ioctl(0, TIOCSCTTY, 1) < 0 ? errno : 0;
        write(ends[1], &result, sizeof result);
        pause();
    }
    int result = 0;
    if (read(ends[0], &result, sizeof result) != sizeof result) return 1;
    errno = result;
    refused("TIOCSCTTY of another session's", result ? -1 : 0);
    refused("TIOCCONS", ioctl(0, TIOCCONS, 0));
    return verdict();
}
