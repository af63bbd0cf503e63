// attack: reach a network or a kernel interface by any socket family but AF_UNIX
// expect: exit=0 limit=none says=EAFNOSUPPORT
// walls: seccomp, empty network namespace
#include "attack.h"

#include <sys/socket.h>
int main(void) {
    static const int families[] =
        {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_KEY, AF_TIPC, AF_XDP};
    int pair[2];
    for (size_t i = 0; i < sizeof families / sizeof *families; ++i) {
        refused("socket", socket(families[i], SOCK_STREAM, 0));
        refused("datagram", socket(families[i], SOCK_DGRAM, 0));
        refused("raw", socket(families[i], SOCK_RAW, 0));
        refused("pair", socketpair(families[i], SOCK_STREAM, 0, pair));
    }
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) return 1;
    return verdict();
}
