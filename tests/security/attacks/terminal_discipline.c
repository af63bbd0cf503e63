// attack: give the own terminal a line discipline, a driver that the kernel would load for it (as in CVE-2017-2636,
// CVE-2024-36016)
// family: terminal
// walls: filter
// terminal: yes
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"

#include <sys/ioctl.h>
// Only what loads no module where the wall is down: the usual one, the one that does nothing, and a
// number that none has.
static const int disciplines[] = {0, 27, 1000};
// The second one swallows what is written: the usual one goes back before anything is.
static int set(unsigned long call, const int* discipline) {
    const int result = syscall(SYS_ioctl, 0, call, discipline) < 0 ? errno : 0;
    syscall(SYS_ioctl, 0, TIOCSETD, &disciplines[0]);
    errno = result;
    return result ? -1 : 0;
}
int main(void) {
    if (!isatty(0)) return 1;
    for (int i = 0; i < 3; ++i) {
        char name[64];
        snprintf(name, sizeof name, "discipline %d", disciplines[i]);
        refused(name, set(TIOCSETD, &disciplines[i]));
        snprintf(name, sizeof name, "discipline %d with high bits", disciplines[i]);
        refused(name, set(0xffffffff00000000UL | TIOCSETD, &disciplines[i]));
    }
    return verdict();
}
