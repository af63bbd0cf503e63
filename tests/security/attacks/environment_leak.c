// attack: read the service's secrets from the environment
// expect: exit=0 limit=none
// walls: clean environment
#include "attack.h"
extern char** environ;
int main(void) {
    int count = 0;
    for (char** e = environ; *e != 0; ++e) {
        puts(*e);
        ++count;
        if (strstr(*e, "SECRET") != 0) got_through = 1;
    }
    if (count != 1) got_through = 1;
    return verdict();
}
