// attack: find a mount where setuid files or devices would count
// family: host files
// walls: nosuid, nodev
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"

#include <sys/statvfs.h>
int main(void) {
    static const char* const paths[] =
        {"/", "/usr", "/etc", "/box", "/tmp", "/dev/shm", "/proc", "/run"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; ++i) {
        struct statvfs info;
        if (statvfs(paths[i], &info) < 0) return 1;
        if ((info.f_flag & ST_NOSUID) != 0 && (info.f_flag & ST_NODEV) != 0) continue;
        printf("%s has flags %lx\n", paths[i], info.f_flag);
        got_through = 1;
    }
    return verdict();
}
