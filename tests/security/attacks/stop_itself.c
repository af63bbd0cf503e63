// attack: stop, so that no end is ever reported
// limits: wall_ms=300
// expect: signal=9 limit=wall
// walls: wall limit in the manager
#include "attack.h"
int main(void) {
    raise(SIGSTOP);
    return 42;
}
