// attack: folders in folders, deeper than any path can name
// family: bombs
// also: the run's tmpfs is unmounted as a whole; nothing of ours walks its tree
// control: none - there is no cleaning by path that could be put back
// expect: exit=0 limit=none
#include "attack.h"
int main(void) {
    for (int i = 0; i < 2100; ++i) {
        if (mkdir("a", 0700) < 0 || chdir("a") < 0) return 1;
    }
    int fd = open("deepest", O_CREAT | O_WRONLY, 0600);
    return fd < 0;
}
