// attack: get capabilities back by executing something that has them
// family: identity and capabilities
// walls: bounding_set
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"

#include <linux/capability.h>
#include <sys/prctl.h>
int main(void) {
    for (int c = 0; c <= CAP_LAST_CAP; ++c) {
        if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) != 1) continue;
        printf("capability %d can come back\n", c);
        return 42;
    }
    return 0;
}
