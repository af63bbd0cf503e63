// attack: sleep past the wall limit with every signal ignored
// limits: wall_ms=300
// expect: signal=9 limit=wall
// walls: wall limit in the manager
#include "attack.h"
int main(void) {
    for (int s = 1; s < 64; ++s)
        signal(s, SIG_IGN);
    for (;;)
        pause();
}
