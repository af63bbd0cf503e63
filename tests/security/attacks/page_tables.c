// attack: use up memory by page tables alone
// family: bombs
// walls: memory_limit
// limits: memory_bytes=67108864
// expect: signal=9 limit=memory
// expect-no-cgroups: exit=1 limit=none
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    // One page in each 2 MiB: the page itself and a page of the table for it, which is 96 MiB of
    // tables. Many more would come near the limit on processor time where page tables are dear.
    size_t size = 24000UL << 21;
    char* m =
        mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m == MAP_FAILED) return 1;
    for (size_t at = 0; at < size; at += 1 << 21) {
        // The shared zero page costs nothing; only the tables do.
        if (((volatile char*)m)[at] != 0) return 1;
    }
    return 42;
}
