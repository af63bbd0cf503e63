// attack: ask a cloud's metadata service, and look around in private networks, through the permitted port
// family: network (Judge0 CVE-2024-29021)
// walls: egress_rules
// network: egress
// host: greeter
// expect: exit=0 limit=none says=169.254.169.254: refused | 10.0.0.1: refused | 192.168.0.1: refused | fd00:ec2::254: refused
// control: none - nobody answers at such addresses of a test machine, and it must not be made to; egress_own_host has the wall down, and the policy's unit test has each range
#include "attack.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void try_at(const char* name, int family, unsigned short port) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    const int is_v6 = family == AF_INET6;
    inet_pton(family, name, is_v6 ? (void*)&v6.sin6_addr : (void*)&v4.sin_addr);
    int fd = socket(family, SOCK_STREAM, 0);
    long n = is_v6 ? connect(fd, (void*)&v6, sizeof v6) : connect(fd, (void*)&v4, sizeof v4);
    char word[16];
    // Refused at once, or accepted by the way out and then reset: an answer never comes.
    if (n == 0) n = recv(fd, word, sizeof word, 0);
    printf("%s: %s\n", name, n < 0 ? "refused" : "GOT THROUGH");
    if (n >= 0) got_through = 1;
}

int main(int argc, char** argv) {
    unsigned short port = (unsigned short)atoi(argv[1]);
    const char* v4[] = {"169.254.169.254", "169.254.170.2", "100.100.100.200", "10.0.0.1",
                        "172.17.0.1", "192.168.0.1", "192.0.0.192", "198.18.0.1", "224.0.0.1"};
    const char* v6[] = {"fd00:ec2::254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1"};
    for (int i = 0; i < (int)(sizeof v4 / sizeof *v4); ++i) try_at(v4[i], AF_INET, port);
    for (int i = 0; i < (int)(sizeof v6 / sizeof *v6); ++i) try_at(v6[i], AF_INET6, port);
    return verdict();
}
