// attack: set the host's clock
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"

#include <time.h>
int main(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (clock_settime(CLOCK_REALTIME, &now) == 0) return 42;
    // A pointer to nowhere is noticed before any right is asked for: it shows who answers.
    refused("clock_settime", syscall(SYS_clock_settime, CLOCK_REALTIME, 1));
    refused("settimeofday", syscall(SYS_settimeofday, 1, 0));
    refused("adjtimex", syscall(SYS_adjtimex, 1));
    refused("clock_adjtime", syscall(SYS_clock_adjtime, CLOCK_REALTIME, 1));
    return verdict();
}
