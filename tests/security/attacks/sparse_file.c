// attack: a file of a terabyte
// expect: exit=0 limit=none says=EFBIG
// walls: rlimit fsize
#include "attack.h"
int main(void) {
    signal(SIGXFSZ, SIG_IGN);
    int fd = open("sparse", O_CREAT | O_WRONLY, 0600);
    refused("ftruncate", ftruncate(fd, 1L << 40));
    refused("pwrite", pwrite(fd, "x", 1, 1L << 40));
    return verdict();
}
