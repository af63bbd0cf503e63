// attack: enter another namespace by its file
// family: namespaces (kernel LPEs by user namespaces)
// walls: filter, capabilities
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("setns", setns(open("/proc/self/ns/uts", O_RDONLY), 0));
    return verdict();
}
