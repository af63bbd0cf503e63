// attack: read or steer another process
// expect: exit=0 limit=none says=EPERM
// walls: seccomp, other uid for init
#include "attack.h"

#include <sys/ptrace.h>
#include <sys/uio.h>
int main(void) {
    char byte;
    struct iovec here = {&byte, 1}, there = {(void*)main, 1};
    refused("ptrace seize 1", ptrace(PTRACE_SEIZE, 1, 0, 0));
    refused("ptrace traceme", ptrace(PTRACE_TRACEME, 0, 0, 0));
    refused("process_vm_readv", process_vm_readv(1, &here, 1, &there, 1, 0));
    refused("process_vm_writev", process_vm_writev(1, &here, 1, &there, 1, 0));
    refused("pidfd_getfd", syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, getpid(), 0), 0, 0));
    refused("kcmp", syscall(SYS_kcmp, 1, getpid(), 0, 0, 0));
    return verdict();
}
