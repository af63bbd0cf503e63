// attack: be told what happens in a folder that both can see
// family: channels between jobs (isolate 2.x)
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("F_NOTIFY", fcntl(open("/etc", O_RDONLY), F_NOTIFY, 4));
    return verdict();
}
