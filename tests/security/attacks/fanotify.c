// attack: watch a whole mount
// family: channels between jobs (isolate 2.x)
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    refused("fanotify_init", syscall(SYS_fanotify_init, 0x200, 0));
    refused("fanotify_mark", syscall(SYS_fanotify_mark, -1, 1, 8, AT_FDCWD, "/usr"));
    return verdict();
}
