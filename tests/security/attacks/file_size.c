// attack: one file past the file limit, with the default answer to SIGXFSZ
// family: limits
// walls: rlimit_fsize
// limits: file_bytes=1048576
// expect: signal=25 limit=file_size
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    static char block[1 << 20];
    int fd = open("big", O_CREAT | O_WRONLY, 0600);
    for (int i = 0; i < 8; ++i) {
        if (write(fd, block, sizeof block) < 0) return 1;
    }
    return 42;
}
