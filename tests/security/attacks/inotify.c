// attack: watch a file that both can read
// family: channels between jobs (isolate 2.x)
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/inotify.h>
int main(void) {
    refused("inotify_add_watch", inotify_add_watch(inotify_init(), "/etc", IN_OPEN));
    return verdict();
}
