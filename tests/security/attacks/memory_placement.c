// attack: move pages between memory nodes
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    unsigned long nodes = 1;
    refused("set_mempolicy", syscall(SYS_set_mempolicy, 0, 0, 0));
    refused("mbind", syscall(SYS_mbind, 0, 0, 0, &nodes, 8, 0));
    refused("migrate_pages", syscall(SYS_migrate_pages, 0, 1, &nodes, &nodes));
    refused("move_pages", syscall(SYS_move_pages, 0, 0, 0, 0, 0, 0));
    return verdict();
}
