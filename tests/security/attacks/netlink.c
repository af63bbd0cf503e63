// attack: ask the kernel about interfaces, routes and sockets of everybody
// family: network (Judge0 CVE-2024-29021)
// walls: filter
// expect: exit=0 limit=none says=EAFNOSUPPORT
// without: exit=42
#include "attack.h"

#include <sys/socket.h>
int main(void) {
    refused("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
    refused("netlink audit", socket(AF_NETLINK, SOCK_RAW, 9));
    return verdict();
}
