/* Writes through a null pointer: ends by signal 11. */
#include <stdio.h>

int main(void) {
    volatile int* nowhere = NULL;
    puts("before");
    fflush(stdout);
    *nowhere = 1;
    puts("after");
    return 0;
}
