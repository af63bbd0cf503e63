// attack: use up kernel memory by watches of many epoll instances on the same pipes
// family: bombs
// walls: memory_limit
// limits: memory_bytes=16777216 open_files=4096
// expect: signal=9 limit=memory
// expect-no-cgroups: exit=42
// without: exit=42 limit=none
#include "attack.h"

#include <sys/epoll.h>
int main(void) {
    // Few descriptors, many watches: their number is the product.
    static int watched[1500];
    for (int i = 0; i < 1500; i += 2)
        if (pipe2(watched + i, O_NONBLOCK) < 0) return 1;
    long count = 0;
    for (int n = 0; n < 100; ++n) {
        int set = epoll_create1(0);
        if (set < 0) return 2;
        for (int i = 0; i < 1500; ++i) {
            struct epoll_event event = {.events = EPOLLIN};
            // The kernel's own bound for a user (fs.epoll.max_user_watches) is 4 % of all memory.
            if (epoll_ctl(set, EPOLL_CTL_ADD, watched[i], &event) < 0) return count > 80000 ? 42 : 3;
            ++count;
        }
    }
    return 42;
}
