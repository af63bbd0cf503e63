// attack: switch off address space randomization for programs to come
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/personality.h>
int main(void) {
    refused("personality", personality(ADDR_NO_RANDOMIZE));
    refused("personality of another system", personality(0x0008));
    return verdict();
}
