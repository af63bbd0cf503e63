// attack: make a second terminal, whose master is the program's own
// family: terminal
// walls: own_terminal
// terminal: yes
// expect: exit=0 limit=none says=EACCES | ENOENT
// expect-single-uid: exit=0 limit=none says=ENOSPC | ENOENT
// without: exit=42 changed
#include "attack.h"

#include <sys/ioctl.h>
int main(void) {
    if (!isatty(0)) return 1;
    refused("/dev/pts/ptmx", open("/dev/pts/ptmx", O_RDWR | O_NOCTTY));
    refused("/dev/pts/ptmx, reading", open("/dev/pts/ptmx", O_RDONLY | O_NOCTTY));
    refused("/dev/ptmx", open("/dev/ptmx", O_RDWR | O_NOCTTY));
    // The other side of the own one: what a master is asked, asked of a slave, and another number.
    int number = 0;
    if (ioctl(0, TIOCGPTPEER, O_RDWR | O_NOCTTY) >= 0 || ioctl(0, TIOCGPTN, &number) >= 0 ||
        ioctl(0, TIOCPKT, &number) >= 0 || ioctl(0, TIOCSPTLCK, &number) >= 0 ||
        open("/dev/pts/1", O_RDWR | O_NOCTTY) >= 0) {
        got_through = 1;
    }
    return verdict();
}
