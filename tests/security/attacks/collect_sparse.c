// attack: make the host copy a file that is far larger than it looks
// limits: file_bytes=1099511627776
// collect: out
// expect: error=collect_failed
// walls: size bound of the collector
#include "attack.h"
int main(void) {
    int fd = open("out/sparse", O_CREAT | O_WRONLY, 0644);
    return ftruncate(fd, 1L << 39) < 0;
}
