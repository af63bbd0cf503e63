// attack: give the host another name
// family: kernel surface
// walls: filter, capabilities
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("sethostname", sethostname("x", 1));
    refused("setdomainname", setdomainname("x", 1));
    return verdict();
}
