#define _GNU_SOURCE
#include "cold_start.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void forget_variable(const char* name) {
    char* value = getenv(name);
    if (value == NULL) return;
    char* begin = value - strlen(name) - 1;
    unsetenv(name);
    memset(begin, 0, strlen(begin));
}

// Moves `text` behind the last of them.
static char** list(const char** text, uint32_t count) {
    char** all = calloc(count + 1, sizeof *all);
    if (all == NULL) _exit(127);
    for (uint32_t i = 0; i < count; ++i, *text += strlen(*text) + 1)
        all[i] = (char*)*text;
    return all;
}

void start_cold(const char* texts, uint32_t argc, uint32_t envc) {
    char** argv = list(&texts, argc);
    char** envp = list(&texts, envc);
    // By the exec, because a virtual machine's other threads run until then.
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (int i = 1; i < NSIG; ++i) {
        // What is handled ends by itself; a virtual machine needs it until then.
        struct sigaction now;
        if (sigaction(i, NULL, &now) == 0 && now.sa_handler == SIG_IGN) signal(i, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(argv[0], argv, envp);
}
