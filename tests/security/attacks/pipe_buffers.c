// attack: hide memory in the buffers of pipes
// family: bombs
// walls: memory_limit
// limits: memory_bytes=16777216
// expect: signal=9 limit=memory
// expect-no-cgroups: exit=42
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    static char block[1 << 20];
    for (int i = 0; i < 100; ++i) {
        int ends[2];
        if (pipe2(ends, O_NONBLOCK) < 0) return 1;
        fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
        while (write(ends[1], block, sizeof block) > 0) {
        }
    }
    return 42;
}
