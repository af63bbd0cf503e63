// attack: fill the working folder past its size with many files
// expect: exit=0 limit=none says=ENOSPC
// walls: tmpfs size
#include "attack.h"
int main(void) {
    static char block[1 << 20];
    memset(block, 1, sizeof block);
    for (int i = 0; i < 500; ++i) {
        char name[32];
        snprintf(
            name,
            sizeof name,
            "%s/f%d",
            i % 3 == 0   ? "/tmp"
            : i % 3 == 1 ? "/dev/shm"
                         : "/box",
            i
        );
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        if (fd < 0 || write(fd, block, sizeof block) != sizeof block) {
            printf("%d MiB, then %s\n", i, errno == 0 ? "ENOSPC" : strerrorname_np(errno));
            return i <= 130 ? 0 : 42;
        }
        close(fd);
    }
    return 42;
}
