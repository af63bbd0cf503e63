// attack: touch far more anonymous memory than the limit
// expect: signal=9 limit=memory
// walls: cgroup memory
#include "attack.h"
int main(void) {
    for (int i = 0; i < 1000; ++i) {
        char* m = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (m == MAP_FAILED) return 1;
        memset(m, 1, 1 << 20);
    }
    return 42;
}
