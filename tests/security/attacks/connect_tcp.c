// attack: connect to a service that listens on the host
// family: network (Judge0 CVE-2024-29021)
// walls: filter, net_namespace
// host: tcp
// expect: exit=0 limit=none says=EAFNOSUPPORT
// without: exit=42
#include "attack.h"

#include <netinet/in.h>
#include <sys/socket.h>
int main(int argc, char** argv) {
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons((unsigned short)atoi(argv[1])),
        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    refused("connect", fd < 0 ? fd : connect(fd, (struct sockaddr*)&to, sizeof to));
    return verdict();
}
