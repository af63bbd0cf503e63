// attack: give files to another owner
// family: identity and capabilities
// walls: capabilities
// expect: exit=0 limit=none says=EPERM
// expect-single-uid: exit=0 limit=none says=EINVAL
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("chown box", chown("/box", 0, 0));
    refused("chown own file", chown("/box/attack", 0, 0));
    return verdict();
}
