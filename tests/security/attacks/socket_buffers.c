// attack: hide memory in the buffers of sockets
// family: bombs
// walls: memory_limit
// limits: memory_bytes=12582912
// expect: signal=9 limit=memory
// expect-no-cgroups: exit=42
// without: exit=42 limit=none
#include "attack.h"

#include <sys/socket.h>
int main(void) {
    static char block[64 << 10];
    for (int i = 0; i < 100; ++i) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0) return 1;
        for (int end = 0; end < 2; ++end) {
            while (write(pair[end], block, sizeof block) > 0) {
            }
        }
    }
    return 42;
}
