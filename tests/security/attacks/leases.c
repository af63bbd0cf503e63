// attack: be told when another job opens a file
// family: channels between jobs (isolate 2.x)
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    int fd = open("/etc/passwd", O_RDONLY);
    int own = open("/box/own", O_CREAT | O_RDONLY, 0600);
    refused("F_SETLEASE", fcntl(own, F_SETLEASE, F_RDLCK));
    refused("F_GETLEASE", fcntl(fd, F_GETLEASE));
    return verdict();
}
