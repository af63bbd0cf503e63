// attack: write to both streams without end
// expect: signal=9 limit=output
// walls: output cap
#include "attack.h"
int main(void) {
    static char block[1 << 16];
    memset(block, 'x', sizeof block);
    for (;;) {
        if (write(1, block, sizeof block) < 0 || write(2, block, sizeof block) < 0) return 1;
    }
}
