// attack: fill a working folder that may hold more than the memory limit
// limits: memory_bytes=67108864 disk_bytes=1073741824 file_bytes=1073741824
// expect: signal=9 limit=memory
// walls: cgroup memory, oom score of the program
#include "attack.h"
int main(void) {
    static char block[1 << 20];
    int fd = open("big", O_CREAT | O_WRONLY, 0600);
    while (write(fd, block, sizeof block) > 0) {
    }
    return 42;
}
