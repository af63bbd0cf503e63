// attack: reach the x32 system calls
// expect: signal=31 limit=none
// walls: seccomp
#include "attack.h"
int main(void) {
    printf("getpid by x32: %ld\n", syscall(0x40000000 | SYS_getpid));
    return 42;
}
