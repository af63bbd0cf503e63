// attack: leave a message for the next job in a kernel keyring
// family: IPC and keyrings (isolate 2.x)
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("add_key", syscall(SYS_add_key, "user", "note", "x", 1, -3));
    refused("keyctl session", syscall(SYS_keyctl, 0, -3, 1));
    refused("keyctl join", syscall(SYS_keyctl, 1, 0));
    refused("request_key", syscall(SYS_request_key, "user", "none-such", 0, 0));
    return verdict();
}
