// attack: make a socket of any family but AF_UNIX
// family: network (Judge0 CVE-2024-29021)
// walls: filter
// expect: exit=0 limit=none says=EAFNOSUPPORT
// without: exit=42
#include "attack.h"

#include <sys/socket.h>
int main(void) {
    for (int family = 0; family < 64; ++family) {
        if (family == AF_UNIX) continue;
        for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; ++type) {
            if (socket(family, type, 0) < 0) continue;
            printf("family %d, type %d: GOT THROUGH\n", family, type);
            got_through = 1;
        }
    }
    refused("family out of range", socket(1 << 20, SOCK_STREAM, 0));
    if (socket(AF_UNIX, SOCK_STREAM, 0) < 0) return 1;
    return verdict();
}
