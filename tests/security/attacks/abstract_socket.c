// attack: connect to an abstract Unix socket of the host
// family: network (Judge0 CVE-2024-29021)
// walls: landlock, net_namespace
// host: abstract
// expect: exit=0 limit=none says=ECONNREFUSED
// without: exit=42
#include "attack.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
int main(int argc, char** argv) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = strlen(argv[1]);
    memcpy(to.sun_path + 1, argv[1], length);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t size = offsetof(struct sockaddr_un, sun_path) + 1 + length;
    refused("connect", connect(fd, (struct sockaddr*)&to, (socklen_t)size));
    return verdict();
}
