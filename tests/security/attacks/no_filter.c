// attack: run a thread without the filter, or soften it with another one
// family: filter
// walls: filter
// expect: exit=0 limit=none
// without: exit=42 changed
#include "attack.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/personality.h>
#include <sys/prctl.h>
int main(void) {
    struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    struct sock_fprog all = {1, &allow};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &all);
    // Filters only ever add to each other: the strictest answer counts.
    refused("personality", personality(ADDR_NO_RANDOMIZE));
    char line[256];
    int mode = 0;
    FILE* status = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, status) != 0)
        sscanf(line, "Seccomp: %d", &mode);
    return mode == 2 ? verdict() : 42;
}
