// attack: hang up the operator's terminal
// family: kernel surface
// walls: filter, capabilities, user_namespace
// control-where: guest
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    refused("vhangup", vhangup());
    return verdict();
}
