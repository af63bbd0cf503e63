// attack: be the first process of its namespace, immune to its own signals
// family: other processes
// walls: pid_namespace
// expect: exit=0 limit=none
// without: exit=42
#include "attack.h"
int main(void) {
    if (getpid() == 1 || getppid() != 1) return 42;
    pid_t child = fork();
    if (child == 0) abort();
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? 0 : 42;
}
