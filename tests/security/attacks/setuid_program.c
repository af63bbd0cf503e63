// attack: run a setuid program of the host as its owner
// family: identity and capabilities
// walls: landlock, nosuid, no_new_privs, user_namespace
// control-where: guest
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    int ends[2];
    if (pipe(ends) < 0) return 1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[0], 0);
        execl("/usr/bin/su", "su", (char*)0);
        _exit(1);
    }
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", child);
    // It waits for a password; until then its effective uid can be seen.
    for (int tries = 0; tries < 100; ++tries) {
        FILE* status = fopen(path, "r");
        while (status != 0 && fgets(line, sizeof line, status) != 0) {
            unsigned real, effective;
            if (sscanf(line, "Uid: %u %u", &real, &effective) == 2 && real != effective) {
                kill(child, SIGKILL);
                return 42;
            }
        }
        if (status != 0) fclose(status);
        usleep(1000);
    }
    kill(child, SIGKILL);
    return 0;
}
