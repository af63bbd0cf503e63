// attack: raise the limits of the process
// family: limits
// walls: rlimit_fsize, rlimit_stack, rlimit_cpu
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/resource.h>
int main(void) {
    static const struct {
        const char* name;
        int which;
    } limits[] = {{"file size", RLIMIT_FSIZE}, {"stack", RLIMIT_STACK}, {"processor", RLIMIT_CPU}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; ++i) {
        struct rlimit now;
        getrlimit(limits[i].which, &now);
        struct rlimit more = {now.rlim_max, RLIM_INFINITY};
        refused(limits[i].name, setrlimit(limits[i].which, &more));
    }
    return verdict();
}
