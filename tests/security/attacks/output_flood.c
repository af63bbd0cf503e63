// attack: write to both streams without end
// family: output
// also: the service reads no more than it keeps, and ends the run
// without-output: drain
// expect: signal=9 limit=output
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    static char block[1 << 16];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 100; ++i) {
        if (write(1, block, sizeof block) < 0 || write(2, block, sizeof block) < 0) return 1;
    }
    return 42;
}
