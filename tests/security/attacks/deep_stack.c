// attack: recurse without end, past the stack limit
// family: limits
// walls: rlimit_stack
// limits: stack_bytes=8388608
// expect: signal=11 limit=none
// without: exit=42
#include "attack.h"

#include <sys/resource.h>
__attribute__((noinline)) static int down(int depth) {
    volatile char frame[64 << 10];
    frame[depth % 1000] = (char)depth;
    // With no limit it stops at 48 MiB, where the limit of this run is long passed.
    if (depth == 768) return 42;
    int below = down(depth + 1);
    return frame[depth % 1000] == (char)depth ? below : 1;
}
int main(void) {
    struct rlimit more;
    getrlimit(RLIMIT_STACK, &more);
    more.rlim_cur = more.rlim_max;
    setrlimit(RLIMIT_STACK, &more);
    return down(0);
}
