// attack: push the memory of another process out
// family: other processes
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"

#include <sys/uio.h>
int main(void) {
    struct iovec nothing = {0, 0};
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    refused("process_madvise", syscall(SYS_process_madvise, self, &nothing, 1, 4, 0));
    return verdict();
}
