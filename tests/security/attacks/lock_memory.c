// attack: lock memory, so that the host cannot take it back
// family: limits
// walls: rlimit_memlock
// expect: exit=0 limit=none says=EPERM
// without: exit=42
#include "attack.h"
int main(void) {
    char* m = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    refused("mlock", mlock(m, 1 << 20));
    return verdict();
}
