// attack: burn processor time in children that are never waited for
// limits: cpu_ms=300 wall_ms=5000
// expect: signal=9 limit=cpu
// walls: cgroup cpu accounting
#include "attack.h"
int main(void) {
    for (int i = 0; i < 6; ++i) {
        if (fork() == 0)
            for (volatile int x = 0;; ++x) {
            }
    }
    for (;;)
        pause();
}
