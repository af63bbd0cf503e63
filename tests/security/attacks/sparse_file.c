// attack: a file of a terabyte
// family: limits
// walls: rlimit_fsize
// expect: exit=0 limit=none says=EFBIG
// without: exit=42 changed
#include "attack.h"
int main(void) {
    signal(SIGXFSZ, SIG_IGN);
    int fd = open("sparse", O_CREAT | O_WRONLY, 0600);
    refused("ftruncate", ftruncate(fd, 1L << 40));
    refused("pwrite", pwrite(fd, "x", 1, 1L << 40));
    refused("fallocate", fallocate(fd, 0, 0, 1L << 40));
    return verdict();
}
