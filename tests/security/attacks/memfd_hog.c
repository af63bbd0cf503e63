// attack: hide memory in an anonymous file, past the disk limit
// family: bombs
// walls: memory_limit
// limits: file_bytes=1073741824 memory_bytes=67108864
// expect: signal=9 limit=memory
// expect-no-cgroups: exit=42
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    int fd = memfd_create("hog", 0);
    static char block[1 << 20];
    memset(block, 1, sizeof block);
    for (int i = 0; i < 160; ++i) {
        if (write(fd, block, sizeof block) < 0) return 1;
    }
    return 42;
}
