// attack: fork faster than anybody can kill, the parent always gone
// family: life and death
// walls: wall_clock
// limits: wall_ms=300 cpu_ms=5000
// expect: signal=9
// without: exit=42
#include "attack.h"

#include <time.h>
int main(void) {
    // Each process lives just long enough to make the next one; the first stays for the clock.
    if (fork() == 0) {
        for (;;) {
            pid_t child = fork();
            if (child > 0) _exit(0);
        }
    }
    struct timespec past = {0, 900000000};
    nanosleep(&past, 0);
    return 42;
}
