// attack: give the way out a listening socket of one's own, and change the routes to it
// family: network (Judge0 CVE-2024-29021)
// walls: close_range, close_on_exec, filter
// network: egress
// host: greeter
// expect: exit=0 limit=none says=socket of the relay: EBADF | netlink: EAFNOSUPPORT
// without: exit=42
#include "attack.h"

#include <sys/socket.h>

int main(int argc, char** argv) {
    long found = -1;
    for (int fd = 3; fd < 64; ++fd) {
        int type = 0;
        socklen_t size = sizeof type;
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET) found = fd;
    }
    if (found < 0) errno = EBADF;
    printf("socket of the relay: %s\n", found < 0 ? strerrorname_np(errno) : "GOT THROUGH");
    if (found >= 0) got_through = 1;
    int netlink = socket(AF_NETLINK, SOCK_RAW, 0);
    printf("netlink: %s\n", netlink < 0 ? strerrorname_np(errno) : "GOT THROUGH");
    return verdict();
}
