// attack: make pairs of sockets of other families
// family: network (Judge0 CVE-2024-29021)
// walls: filter
// expect: exit=0 limit=none says=EAFNOSUPPORT
// without: changed
#include "attack.h"

#include <sys/socket.h>
int main(void) {
    int pair[2];
    refused("inet pair", socketpair(AF_INET, SOCK_STREAM, 0, pair));
    refused("netlink pair", socketpair(AF_NETLINK, SOCK_RAW, 0, pair));
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) return 1;
    return verdict();
}
