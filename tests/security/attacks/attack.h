// What the attack programs share: an attempt that must be refused is reported by name and errno,
// and the program ends with 42 when one got through.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static int got_through = 0;

static inline void refused(const char* name, long result) {
    if (result >= 0) {
        printf("%s: GOT THROUGH\n", name);
        got_through = 1;
    } else {
        printf("%s: %s\n", name, strerrorname_np(errno));
    }
}
static inline int verdict(void) {
    fflush(stdout);
    return got_through ? 42 : 0;
}
