// attack: leave a message for the next job in a kernel keyring
// expect: exit=0 limit=none says=EPERM
// walls: seccomp
#include "attack.h"
int main(void) {
    refused("add_key", syscall(SYS_add_key, "user", "note", "x", 1, -3));
    refused("keyctl join", syscall(SYS_keyctl, 1, 0));
    refused("keyctl persistent", syscall(SYS_keyctl, 22, -1, -3));
    refused("request_key", syscall(SYS_request_key, "user", "note", 0, 0));
    return verdict();
}
