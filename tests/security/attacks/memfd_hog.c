// attack: hide memory in an anonymous file, past the disk limit
// limits: file_bytes=1073741824
// expect: signal=9 limit=memory
// walls: cgroup memory, rlimit fsize
#include "attack.h"
int main(void) {
    int fd = memfd_create("hog", 0);
    static char block[1 << 20];
    memset(block, 1, sizeof block);
    for (int i = 0; i < 1000; ++i) {
        if (write(fd, block, sizeof block) < 0) return 1;
    }
    return 42;
}
