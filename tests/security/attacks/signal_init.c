// attack: kill the supervisor inside, or every process in sight
// expect: exit=0 limit=none
// walls: other uid for init, pid namespace
#include "attack.h"
int main(void) {
    refused("kill 1", kill(1, SIGKILL));
    refused("kill parent", kill(getppid(), SIGKILL));
    refused("signal group of init", kill(-1, SIGKILL));
    return verdict();
}
