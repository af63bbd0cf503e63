// attack: reach the x32 system calls
// family: foreign ABI
// walls: filter
// expect: signal=31 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    printf("getpid by x32: %ld\n", syscall(0x40000000 | SYS_getpid));
    return 42;
}
