// attack: keep more descriptors than the limit by sending them to itself
// family: descriptors (runc 2024-21626; go-judge 0.9.5)
// walls: rlimit_nofile
// expect: exit=0 limit=none says=ETOOMANYREFS
// without: exit=42
#include "attack.h"

#include <sys/socket.h>
static int stash(int to, int fd) {
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {"x", 1};
    struct msghdr m = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof control};
    struct cmsghdr* c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    return (int)sendmsg(to, &m, MSG_DONTWAIT);
}
int main(void) {
    int kept = 0;
    for (int pairs = 0; pairs < 100; ++pairs) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0) break;
        while (stash(pair[0], 0) == 1)
            ++kept;
        if (errno == ETOOMANYREFS) break;
    }
    printf("%d kept, then %s\n", kept, strerrorname_np(errno));
    return kept <= 300 ? 0 : 42;
}
