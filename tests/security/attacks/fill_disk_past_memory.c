// attack: fill a working folder that may hold more than the memory limit
// family: bombs
// walls: memory_limit
// limits: memory_bytes=67108864 disk_bytes=1073741824 file_bytes=1073741824
// expect: signal=9 limit=memory
// expect-no-cgroups: exit=42
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    static char block[1 << 20];
    int fd = open("big", O_CREAT | O_WRONLY, 0600);
    for (int i = 0; i < 90; ++i) {
        if (write(fd, block, sizeof block) < 0) return 1;
    }
    return 42;
}
