// attack: make the kernel choose the supervisor instead of the program when memory runs out
// family: bombs
// walls: memory_limit
// limits: memory_bytes=67108864
// expect: limit=memory
// without-limits: cpu_ms=60000
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    // No lower than init's own.
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    (void)!write(fd, "-1000", 5);
    (void)!write(fd, "0", 1);
    for (int i = 0; i < 8; ++i) {
        if (fork() == 0) break;
    }
    for (int i = 0; i < 20; ++i) {
        char* m = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (m == MAP_FAILED) return 1;
        memset(m, 1, 1 << 20);
    }
    while (wait(0) > 0) {
    }
    return 42;
}
