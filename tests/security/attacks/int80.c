// attack: reach the 32-bit system calls, whose numbers no table checked
// family: foreign ABI
// walls: filter
// expect: signal=31 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
    printf("getpid by int 0x80: %ld\n", result);
    return 42;
}
