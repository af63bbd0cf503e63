// attack: leave a POSIX message queue behind
// family: IPC and keyrings (isolate 2.x)
// walls: landlock, filter, rlimit_msgqueue
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("mq_open", syscall(SYS_mq_open, "note", O_CREAT | O_RDWR, 0600, 0));
    syscall(SYS_mq_unlink, "note");
    return verdict();
}
