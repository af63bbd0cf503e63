// attack: see another job's record locks
// family: channels between jobs (isolate 2.x)
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    int fd = open("/etc/passwd", O_RDONLY);
    struct flock lock = {.l_type = F_WRLCK};
    struct flock open_file = {.l_type = F_WRLCK};
    refused("F_GETLK", fcntl(fd, F_GETLK, &lock));
    refused("F_OFD_GETLK", fcntl(fd, 36, &open_file));
    // What SQLite needs must still work in the own folder.
    int own = open("own.db", O_CREAT | O_RDWR, 0600);
    lock.l_type = F_WRLCK;
    if (fcntl(own, F_SETLK, &lock) < 0) return 1;
    return verdict();
}
