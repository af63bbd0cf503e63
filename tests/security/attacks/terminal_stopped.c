// attack: stop the terminal's output and fill it, so that whoever waits for a word waits for ever
// family: terminal
// walls: wall_clock
// terminal: yes
// stdin: nobody reads this
// limits: wall_ms=300
// expect: signal=9 limit=wall
// without: exit=42
#include "attack.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
int main(void) {
    if (!isatty(0)) return 1;
    for (int s = 1; s < 64; ++s)
        signal(s, SIG_IGN);
    if (fork() == 0) {
        static char block[1 << 16];
        memset(block, '\n', sizeof block);
        tcflow(1, TCOOFF);
        for (;;)
            write(1, block, sizeof block);
    }
    const struct timespec past = {0, 900000000};
    nanosleep(&past, 0);
    _exit(42);
}
