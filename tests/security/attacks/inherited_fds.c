// attack: use a descriptor that the sandbox forgot to close
// family: descriptors (runc 2024-21626; go-judge 0.9.5)
// walls: close_range, close_on_exec
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    for (int fd = 3; fd < 4096; ++fd) {
        if (fcntl(fd, F_GETFD) < 0) continue;
        printf("descriptor %d is open\n", fd);
        got_through = 1;
    }
    for (int fd = 0; fd < 3; ++fd) {
        struct stat s;
        if (fstat(fd, &s) < 0 || S_ISDIR(s.st_mode) || S_ISSOCK(s.st_mode)) got_through = 1;
    }
    return verdict();
}
