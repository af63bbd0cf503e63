// attack: keep the output pipe open inside a cycle of sockets, so that its end never comes
// family: output
// also: output is emptied after the last process, not read to its end
// expect: exit=0 limit=none says=done
// control: none - reading to the end of the pipe is not something that can be put back; the wait
// would show here
#include "attack.h"

#include <sys/socket.h>
static void stash(int to, int fd) {
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
    sendmsg(to, &m, 0);
}
int main(void) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0) return 1;
    stash(pair[0], pair[0]);
    stash(pair[0], pair[1]);
    stash(pair[0], 1);
    stash(pair[0], 2);
    puts("done");
    return 0;
}
