// attack: burn processor time in children that are never waited for
// family: time (Judge0 1.13.0)
// walls: cpu_clock
// limits: cpu_ms=200 wall_ms=20000
// expect: signal=9 limit=cpu
// without: exit=42
#include "attack.h"

#include <time.h>
int main(void) {
    int ends[2];
    if (pipe(ends) < 0) return 1;
    for (int i = 0; i < 6; ++i) {
        if (fork() == 0) {
            while (clock() < CLOCKS_PER_SEC / 5) {
            }
            _exit(0);
        }
    }
    // The pipe ends when the last of them does; none is waited for.
    close(ends[1]);
    char nothing;
    (void)!read(ends[0], &nothing, 1);
    return 42;
}
