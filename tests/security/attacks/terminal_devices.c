// attack: open the host's terminals from a program that has one of its own
// family: terminal
// walls: own_devices
// terminal: yes
// expect: exit=0 limit=none says=ENOENT
// without: changed
#include "attack.h"
int main(void) {
    if (!isatty(0)) return 1;
    // Every host has these.
    refused("console", open("/dev/console", O_RDWR | O_NOCTTY));
    refused("ptmx", open("/dev/ptmx", O_RDWR | O_NOCTTY));
    static const char* const some[] = {
        "/dev/tty0", "/dev/tty1", "/dev/ttyS0", "/dev/hvc0", "/dev/vcs", "/dev/vcsa1", "/dev/kmsg"};
    for (int i = 0; i < 7; ++i) {
        if (open(some[i], O_RDWR | O_NOCTTY) >= 0) got_through = 1;
    }
    return verdict();
}
