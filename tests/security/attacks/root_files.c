// attack: read what only the host's root may read
// family: host files
// walls: own_etc, old_root_detached
// expect: exit=0 limit=none says=ENOENT
// without: changed
#include "attack.h"
int main(void) {
    refused("/etc/shadow", open("/etc/shadow", O_RDONLY));
    refused("/.old/root", open("/.old/root/.bashrc", O_RDONLY));
    return verdict();
}
