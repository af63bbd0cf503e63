// attack: touch far more anonymous memory than the limit
// family: bombs
// walls: memory_limit
// limits: memory_bytes=67108864
// expect: signal=9 limit=memory
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    for (int i = 0; i < 160; ++i) {
        char* m = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (m == MAP_FAILED) return 1;
        memset(m, 1, 1 << 20);
    }
    return 42;
}
