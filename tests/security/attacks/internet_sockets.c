// attack: make sockets for datagrams and streams, whether anything is connected or not
// family: network (Judge0 CVE-2024-29021)
// walls: filter
// expect: exit=0 limit=none says=EAFNOSUPPORT
// without: exit=42
#include "attack.h"

#include <sys/socket.h>
int main(void) {
    refused("udp", socket(AF_INET, SOCK_DGRAM, 0));
    refused("tcp 6", socket(AF_INET6, SOCK_STREAM, 0));
    refused("multipath tcp", socket(AF_INET, SOCK_STREAM, 262));
    return verdict();
}
