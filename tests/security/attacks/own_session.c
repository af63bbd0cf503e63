// attack: share a session and its terminal with whoever started it
// family: other processes
// walls: new_session
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    return getsid(0) == getpid() && getpgrp() == getpid() ? 0 : 42;
}
