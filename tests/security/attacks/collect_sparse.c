// attack: make the host copy a file that is far larger than its disk use
// family: files that leave
// walls: collect_bounds
// collect: out
// expect: exit=0 collect=refused
// without: error=invalid
#include "attack.h"
int main(void) {
    int fd = open("out/sparse", O_CREAT | O_WRONLY, 0644);
    return ftruncate(fd, 8 << 20) < 0;
}
