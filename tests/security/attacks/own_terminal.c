// attack: get a terminal
// family: terminal
// walls: own_devices
// expect: exit=0 limit=none says=ENOENT
// without: changed
#include "attack.h"
int main(void) {
    refused("/dev/tty", open("/dev/tty", O_RDWR));
    for (int fd = 0; fd < 3; ++fd) {
        if (isatty(fd)) got_through = 1;
    }
    return verdict();
}
