// attack: learn the name of the host
// family: host files
// walls: uts_namespace
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    char name[256] = {0};
    gethostname(name, sizeof name);
    puts(name);
    return strcmp(name, "sandbox") == 0 ? 0 : 42;
}
