// attack: be the host's root behind a mapping
// family: identity and capabilities
// walls: user_namespace
// control-where: guest
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    FILE* map = fopen("/proc/self/uid_map", "r");
    unsigned inside, outside, count;
    int lines = 0;
    while (fscanf(map, "%u %u %u", &inside, &outside, &count) == 3) {
        printf("%u is %u outside, %u of them\n", inside, outside, count);
        if (outside < 1000 || count != 1) return 42;
        ++lines;
    }
    return lines > 0 ? 0 : 1;
}
