// attack: gain rights by executing a setuid program
// family: identity and capabilities
// walls: landlock, no_new_privs
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"

#include <sys/prctl.h>
int main(void) {
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 42;
}
