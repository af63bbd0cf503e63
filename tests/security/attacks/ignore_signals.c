// attack: sleep past the wall limit with every signal ignored
// family: time (Judge0 1.13.0)
// walls: wall_clock
// limits: wall_ms=300
// expect: signal=9 limit=wall
// without: exit=42
#include "attack.h"

#include <time.h>
int main(void) {
    for (int s = 1; s < 64; ++s)
        signal(s, SIG_IGN);
    struct timespec past = {0, 900000000};
    nanosleep(&past, 0);
    return 42;
}
