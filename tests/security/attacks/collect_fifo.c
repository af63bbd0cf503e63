// attack: make the collector wait for ever on a FIFO
// collect: out
// expect: error=collect_failed
// walls: openat2 with O_NONBLOCK, regular files only
#include "attack.h"
int main(void) {
    return mkfifo("out/pipe", 0644) < 0;
}
