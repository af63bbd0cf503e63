// attack: share a session and its terminal with whoever started it
// family: other processes (4.2: 1, 8, 21)
// walls: new_session
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    return getsid(0) == getpid() && getpgrp() == getpid() ? 0 : 42;
}
