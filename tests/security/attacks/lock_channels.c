// attack: signal another job through locks, leases and watches on shared read-only files
// expect: exit=0 limit=none says=EPERM
// walls: seccomp
#include "attack.h"

#include <sys/file.h>
#include <sys/inotify.h>
int main(void) {
    int fd = open("/etc/passwd", O_RDONLY);
    struct flock lock = {.l_type = F_WRLCK};
    refused("flock", flock(fd, LOCK_SH));
    refused("F_GETLK", fcntl(fd, F_GETLK, &lock));
    refused("F_OFD_GETLK", fcntl(fd, 36, &lock));
    refused("F_SETLK write", fcntl(fd, F_SETLK, &lock));
    refused("F_SETLEASE", fcntl(fd, F_SETLEASE, F_RDLCK));
    refused("F_NOTIFY", fcntl(fd, F_NOTIFY, 1));
    refused("inotify_add_watch", inotify_add_watch(inotify_init(), "/etc", IN_OPEN));
    // What SQLite needs must still work in the own folder.
    int own = open("own.db", O_CREAT | O_RDWR, 0600);
    if (fcntl(own, F_SETLK, &lock) < 0) return 1;
    return verdict();
}
