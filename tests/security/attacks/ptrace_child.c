// attack: steer another process by ptrace
// family: other processes
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/ptrace.h>
int main(void) {
    refused("traceme", ptrace(PTRACE_TRACEME, 0, 0, 0));
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    refused("seize", ptrace(PTRACE_SEIZE, child, 0, 0));
    return verdict();
}
