// attack: leave a message in the attributes of a file that both can read
// family: channels between jobs (isolate 2.x)
// walls: landlock, read_only_root
// expect: exit=0 limit=none says=EROFS
// without: changed
#include "attack.h"

#include <sys/xattr.h>
int main(void) {
    refused("utimensat", utimensat(AT_FDCWD, "/usr/bin/env", 0, 0));
    refused("chmod", chmod("/usr/bin/env", 0755));
    refused("setxattr", setxattr("/usr/bin/env", "user.note", "x", 1, 0));
    refused("rename", rename("/usr/bin/env", "/usr/bin/env2"));
    return verdict();
}
