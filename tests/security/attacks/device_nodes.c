// attack: make a device of its own
// family: host files
// walls: filter, capabilities, user_namespace
// control-where: guest
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("null", mknod("/box/null", S_IFCHR | 0666, (1 << 8) | 3));
    refused("disk", mknod("/box/disk", S_IFBLK | 0666, 7 << 8));
    return verdict();
}
