// attack: spread processor time over many short-lived children
// family: time (Judge0 1.13.0)
// walls: cpu_clock
// limits: cpu_ms=200 wall_ms=20000
// expect: signal=9 limit=cpu
// without: exit=42
#include "attack.h"

#include <time.h>
int main(void) {
    for (int i = 0; i < 40; ++i) {
        pid_t child = fork();
        if (child == 0) {
            while (clock() < CLOCKS_PER_SEC / 100) {
            }
            _exit(0);
        }
        waitpid(child, 0, 0);
    }
    return 42;
}
