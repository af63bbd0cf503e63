// attack: use a descriptor that the sandbox forgot to close
// expect: exit=0 limit=none
// walls: close_range before exec, close-on-exec everywhere
#include "attack.h"
int main(void) {
    for (int fd = 3; fd < 4096; ++fd) {
        if (fcntl(fd, F_GETFD) >= 0) {
            printf("descriptor %d is open\n", fd);
            got_through = 1;
        }
    }
    for (int fd = 0; fd < 3; ++fd) {
        struct stat s;
        if (fstat(fd, &s) < 0 || S_ISDIR(s.st_mode) || S_ISSOCK(s.st_mode)) got_through = 1;
    }
    return verdict();
}
