// attack: leave by other ports than the permitted one, and by datagrams
// family: network (Judge0 CVE-2024-29021)
// also: the run's network namespace has no interface but lo, and nobody listens there
// network: egress
// host: greeter
// expect: exit=0 limit=none says=tcp 22: ECONNREFUSED | tcp 53: ECONNREFUSED | udp 53: ECONNREFUSED | udp to the permitted port: ECONNREFUSED
// control: none - there is no wall to take away: what is missing is an interface
#include "attack.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void try_at(const char* name, int type, unsigned short port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "8.8.8.8", &to.sin_addr);
    int fd = socket(AF_INET, type, 0);
    long n = connect(fd, (void*)&to, sizeof to);
    if (n == 0 && type == SOCK_DGRAM) {
        char word[16];
        send(fd, "x", 1, 0);
        n = recv(fd, word, sizeof word, 0);
    }
    if (n >= 0) got_through = 1;
    printf("%s: %s\n", name, n < 0 ? strerrorname_np(errno) : "GOT THROUGH");
}

int main(int argc, char** argv) {
    try_at("tcp 22", SOCK_STREAM, 22);
    try_at("tcp 53", SOCK_STREAM, 53);
    try_at("udp 53", SOCK_DGRAM, 53);
    try_at("udp to the permitted port", SOCK_DGRAM, (unsigned short)atoi(argv[1]));
    return verdict();
}
