// attack: learn where its limits live
// family: host files
// walls: cgroup_namespace
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    char line[512];
    FILE* groups = fopen("/proc/self/cgroup", "r");
    while (fgets(line, sizeof line, groups) != 0) {
        fputs(line, stdout);
        if (strstr(line, "sluice") != 0) got_through = 1;
    }
    return verdict();
}
