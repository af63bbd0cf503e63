// attack: one file past the file limit, with the default answer to SIGXFSZ
// limits: file_bytes=1048576
// expect: signal=25 limit=file_size
// walls: rlimit fsize
#include "attack.h"
int main(void) {
    static char block[1 << 20];
    int fd = open("big", O_CREAT | O_WRONLY, 0600);
    while (write(fd, block, sizeof block) > 0) {
    }
    return 42;
}
