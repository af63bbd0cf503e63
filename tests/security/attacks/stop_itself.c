// attack: stop, so that no end is ever reported
// family: time (Judge0 1.13.0)
// walls: wall_clock
// limits: wall_ms=300
// expect: signal=9 limit=wall
// without: exit=42
#include "attack.h"

#include <time.h>
int main(void) {
    pid_t parent = getpid();
    if (fork() == 0) {
        struct timespec past = {0, 900000000};
        nanosleep(&past, 0);
        kill(parent, SIGCONT);
        _exit(0);
    }
    raise(SIGSTOP);
    return 42;
}
