// attack: make the host copy more files than it wants
// family: files that leave
// walls: collect_bounds
// collect: out
// expect: exit=0 collect=refused
// without: exit=0
#include "attack.h"
int main(void) {
    for (int i = 0; i < 600; ++i) {
        char name[32];
        snprintf(name, sizeof name, "out/f%d", i);
        close(open(name, O_CREAT | O_WRONLY, 0644));
    }
    return 0;
}
