// attack: fill the working folders past their size with many files
// family: bombs
// walls: box_bytes
// limits: disk_bytes=16777216
// expect: exit=0 limit=none says=ENOSPC
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    static const char* const folders[] = {"/tmp", "/dev/shm", "/box"};
    static char block[1 << 20];
    memset(block, 1, sizeof block);
    for (int i = 0; i < 40; ++i) {
        char name[32];
        snprintf(name, sizeof name, "%s/f%d", folders[i % 3], i);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        if (fd < 0 || write(fd, block, sizeof block) != sizeof block) {
            printf("%d MiB, then ENOSPC\n", i);
            return i <= 17 ? 0 : 42;
        }
        close(fd);
    }
    return 42;
}
