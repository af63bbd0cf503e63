// attack: collect a file of the system by a hard link to it
// family: host files
// collect: out
// control: none - a link cannot leave its file system, whatever is taken away
// also: /box is a file system of its own
// expect: exit=1 limit=none says=EXDEV
#include "attack.h"
int main(void) {
    refused("link", link("/etc/passwd", "/box/out/result"));
    refused(
        "link by descriptor",
        linkat(AT_FDCWD, "/proc/self/fd/0", AT_FDCWD, "/box/out/in", AT_SYMLINK_FOLLOW)
    );
    return got_through ? 42 : 1;
}
