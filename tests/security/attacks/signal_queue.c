// attack: fill the kernel's queue of signals and timers
// family: limits
// walls: rlimit_sigpending
// expect: exit=0 limit=none says=EAGAIN
// without: exit=42
#include "attack.h"

#include <time.h>
int main(void) {
    int count = 0;
    timer_t timer;
    struct sigevent quiet = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    while (count < 2000 && timer_create(CLOCK_MONOTONIC, &quiet, &timer) == 0)
        ++count;
    printf("%d timers, then %s\n", count, strerrorname_np(errno));
    return count <= 256 ? 0 : 42;
}
