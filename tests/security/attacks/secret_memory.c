// attack: get memory that the host cannot look into
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    refused("memfd_secret", syscall(SYS_memfd_secret, 0));
    return verdict();
}
