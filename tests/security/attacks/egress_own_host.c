// attack: reach a service of the worker's own machine through the permitted port of "everywhere"
// family: network (Judge0 CVE-2024-29021)
// walls: egress_rules
// network: egress
// host: greeter
// expect: exit=0 limit=none says=127.0.0.1: Connection reset | 0.0.0.0: Connection reset | ::ffff:127.0.0.1: Connection reset
// without: exit=42
#include "attack.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

// The way out accepts at once, so only an answer shows that somebody was reached.
static void try_at(const char* name, int family, const void* to, socklen_t size) {
    char word[16];
    int fd = socket(family, SOCK_STREAM, 0);
    long n = fd < 0 ? fd : connect(fd, to, size);
    if (n == 0) n = send(fd, "ping", 4, MSG_NOSIGNAL);
    if (n > 0) {
        // Fails when the reset is there already, which then shows below.
        (void)shutdown(fd, SHUT_WR);
        n = recv(fd, word, sizeof word, 0);
    }
    printf("%s: %s\n", name, n > 0 ? "GOT THROUGH" : n == 0 ? "nothing" : strerror(errno));
    if (n > 0) got_through = 1;
}

int main(int argc, char** argv) {
    in_port_t port = htons((unsigned short)atoi(argv[1]));
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    try_at("127.0.0.1", AF_INET, &v4, sizeof v4);
    v4.sin_addr.s_addr = 0;
    try_at("0.0.0.0", AF_INET, &v4, sizeof v4);
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = port};
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
    try_at("::ffff:127.0.0.1", AF_INET6, &mapped, sizeof mapped);
    return verdict();
}
