// attack: write anywhere but into the working folders
// family: host files
// walls: landlock, read_only_root
// expect: exit=0 limit=none says=EROFS
// without: changed
#include "attack.h"
int main(void) {
    static const char* const paths[] = {"/x", "/usr/x", "/etc/x", "/run/x", "/usr/bin/x"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; ++i)
        refused(paths[i], open(paths[i], O_WRONLY | O_CREAT, 0644));
    refused("unlink", unlink("/usr/bin/env"));
    refused("mkdir", mkdir("/usr/x", 0755));
    return verdict();
}
