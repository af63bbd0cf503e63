// attack: reach system calls that nothing needs any more
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=ENOSYS
// without: changed
#include "attack.h"
int main(void) {
    void* page = mmap(0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    refused("remap_file_pages", syscall(SYS_remap_file_pages, page, 4096, 1, 0, 0));
    char room[64];
    refused("ustat", syscall(SYS_ustat, 0xffff, room));
    return verdict();
}
