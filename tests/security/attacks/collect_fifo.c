// attack: make the collector wait for ever on a FIFO
// family: files that leave
// walls: collect_regular_only
// collect: out
// expect: exit=0 collect=refused
// without: exit=0
#include "attack.h"
int main(void) {
    return mkfifo("out/pipe", 0644) < 0;
}
