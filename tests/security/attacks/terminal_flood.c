// attack: write to the terminal without end, and have all that is typed written too
// family: terminal
// also: the service reads no more than it keeps, and ends the run
// terminal: yes
// stdin: echoed
// without-output: drain
// expect: signal=9 limit=output
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    static char block[1 << 16];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 6; ++i) {
        if (write(i % 3, block, sizeof block) < 0) return 1;
    }
    return 42;
}
