// attack: reach system calls that came after 2022, and show mounts and the page cache
// family: kernel surface
// walls: filter
// control-where: host
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    char request[128] = {0};
    refused("statmount", syscall(457, request, request, sizeof request, 0));
    refused("listmount", syscall(458, request, request, 1, 0));
    refused("cachestat", syscall(451, -1, request, request, 0));
    return verdict();
}
