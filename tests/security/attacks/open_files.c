// attack: open far more files than the limit
// family: limits
// walls: rlimit_nofile
// expect: exit=0 limit=none says=EMFILE
// without: exit=42
#include "attack.h"

#include <sys/resource.h>
int main(void) {
    struct rlimit all;
    getrlimit(RLIMIT_NOFILE, &all);
    all.rlim_cur = all.rlim_max;
    setrlimit(RLIMIT_NOFILE, &all);
    int count = 3;
    while (count < 2000 && dup(0) >= 0)
        ++count;
    printf("%d, then %s\n", count, strerrorname_np(errno));
    return count <= 256 ? 0 : 42;
}
