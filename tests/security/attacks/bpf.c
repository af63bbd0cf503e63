// attack: reach the kernel's BPF machine
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    char attributes[128] = {0};
    refused("bpf map lookup", syscall(SYS_bpf, 1, attributes, sizeof attributes));
    refused("bpf object get", syscall(SYS_bpf, 7, attributes, sizeof attributes));
    return verdict();
}
