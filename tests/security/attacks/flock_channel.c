// attack: signal another job by locking a file that both can read
// family: channels between jobs (isolate 2.x)
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/file.h>
int main(void) {
    refused("flock", flock(open("/etc/passwd", O_RDONLY), LOCK_SH));
    return verdict();
}
