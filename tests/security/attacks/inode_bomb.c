// attack: empty files without end: kernel memory that no byte limit sees
// family: bombs
// walls: box_inodes
// limits: inodes=2000
// expect: exit=0 limit=none says=ENOSPC
// without: exit=42 limit=none
#include "attack.h"
int main(void) {
    for (int i = 0; i < 4000; ++i) {
        char name[32];
        snprintf(name, sizeof name, "f%d", i);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        if (fd < 0) {
            printf("%d files, then %s\n", i, strerrorname_np(errno));
            return i <= 2000 ? 0 : 42;
        }
        close(fd);
    }
    return 42;
}
