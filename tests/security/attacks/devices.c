// attack: open devices of the host
// family: host files
// walls: landlock, own_devices
// expect: exit=0 limit=none says=ENOENT
// without: changed
#include "attack.h"
int main(void) {
    refused("/dev/kmsg", open("/dev/kmsg", O_RDONLY));
    refused("/dev/tty", open("/dev/tty", O_RDWR));
    refused("/dev/ptmx", open("/dev/ptmx", O_RDWR));
    return verdict();
}
