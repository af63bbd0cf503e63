// attack: read and forge packets
// family: network (Judge0 CVE-2024-29021)
// walls: filter
// expect: exit=0 limit=none says=EAFNOSUPPORT
// without: changed
#include "attack.h"

#include <sys/socket.h>
int main(void) {
    refused("packet", socket(AF_PACKET, SOCK_RAW, 0));
    refused("raw", socket(AF_INET, SOCK_RAW, 1));
    refused("raw 6", socket(AF_INET6, SOCK_RAW, 58));
    return verdict();
}
