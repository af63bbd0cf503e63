// attack: give pages of the program to the kernel and change them afterwards
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/uio.h>
int main(void) {
    int ends[2];
    if (pipe(ends) < 0) return 1;
    struct iovec page = {
        mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        4096};
    refused("vmsplice", syscall(SYS_vmsplice, ends[1], &page, 1, 0));
    return verdict();
}
