// attack: read and write the memory of another process without ptrace
// family: other processes
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/uio.h>
static char secret = 7;
int main(void) {
    char byte = 0;
    struct iovec here = {&byte, 1}, there = {&secret, 1};
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    refused("process_vm_readv", process_vm_readv(child, &here, 1, &there, 1, 0));
    refused("process_vm_writev", process_vm_writev(child, &here, 1, &there, 1, 0));
    return verdict();
}
