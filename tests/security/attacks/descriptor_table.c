// attack: change the processor's descriptor tables
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    static char table[256];
    refused("modify_ldt", syscall(SYS_modify_ldt, 0, table, sizeof table));
    return verdict();
}
