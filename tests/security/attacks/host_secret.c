// attack: read and write a file of the host by every path that could lead there
// family: host files
// walls: landlock, old_root_detached
// host: file
// expect: exit=0 limit=none says=ENOENT
// without: exit=42
#include "attack.h"
int main(int argc, char** argv) {
    static const char* const roots[] =
        {"", "/.old", "/proc/self/root", "/proc/self/root/.old", "/box/.."};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; ++i) {
        char path[512];
        snprintf(path, sizeof path, "%s%s", roots[i], argv[1]);
        refused(path, open(path, O_RDONLY));
    }
    return verdict();
}
