// attack: share the memory out over many processes, none of which has much
// family: bombs
// walls: memory_limit
// limits: memory_bytes=67108864
// expect: limit=memory
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    for (int i = 0; i < 16; ++i) {
        int ends[2];
        char told = 0;
        if (pipe(ends) < 0) return 1;
        if (fork() == 0) {
            char* m = mmap(0, 10 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            memset(m, 1, 10 << 20);
            (void)!write(ends[1], "x", 1);
            pause();
        }
        close(ends[1]);
        if (read(ends[0], &told, 1) != 1) return 0;
    }
    return 42;
}
