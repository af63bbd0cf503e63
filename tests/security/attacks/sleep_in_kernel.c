// attack: sleep where ordinary signals do not reach, as the parent of a vfork
// family: time (Judge0 1.13.0)
// walls: wall_clock
// limits: wall_ms=300
// expect: signal=9 limit=wall
// without: exit=42
#include "attack.h"

#include <time.h>
int main(void) {
    if (vfork() == 0) {
        struct timespec past = {0, 900000000};
        nanosleep(&past, 0);
        _exit(0);
    }
    return 42;
}
