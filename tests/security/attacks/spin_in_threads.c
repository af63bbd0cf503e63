// attack: burn processor time in more threads than processors
// family: time (Judge0 1.13.0)
// walls: cpu_clock, rlimit_cpu
// limits: cpu_ms=200 wall_ms=20000
// expect: signal=9 limit=cpu
// without: exit=42
#include "attack.h"

#include <pthread.h>
#include <time.h>
static void* spin(void* unused) {
    (void)unused;
    struct timespec now;
    do {
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while (now.tv_sec == 0);
    return 0;
}
int main(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; ++i) {
        if (pthread_create(&threads[i], 0, spin, 0) != 0) return 1;
    }
    for (int i = 0; i < 4; ++i)
        pthread_join(threads[i], 0);
    return 42;
}
