// attack: reach the machine below by a vsock, which no namespace holds
// family: network (Judge0 CVE-2024-29021)
// walls: filter
// control-where: host
// expect: exit=0 limit=none says=EAFNOSUPPORT
// without: exit=42 changed
#include "attack.h"

#include <sys/socket.h>
int main(void) {
    refused("vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
    return verdict();
}
