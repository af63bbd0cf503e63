// attack: read the service's secrets from the environment
// family: environment
// also: the environment is what the request names; the launcher is started with none
// without-env: SLUICE_SECRET=leaked
// expect: exit=0 limit=none
// without: exit=42
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
