// attack: make the collector run out of descriptors or stack in deep folders
// family: files that leave
// walls: collect_depth
// collect: out
// expect: exit=0 collect=refused
// without: exit=0
#include "attack.h"
int main(void) {
    if (chdir("out") < 0) return 1;
    for (int i = 0; i < 60; ++i) {
        if (mkdir("a", 0700) < 0 || chdir("a") < 0) return 1;
    }
    return 0;
}
