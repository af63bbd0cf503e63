// attack: see, and so signal, processes that are not its own
// family: other processes
// walls: pid_namespace
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"

#include <dirent.h>
int main(void) {
    DIR* folder = opendir("/proc");
    int count = 0;
    for (struct dirent* e; (e = readdir(folder)) != 0;)
        count += e->d_name[0] >= '1' && e->d_name[0] <= '9';
    printf("%d processes\n", count);
    return count == 2 ? 0 : 42;
}
