// attack: read the kernel's addresses, keys and memory use in /proc
// family: host files
// walls: proc_subset
// expect: exit=0 limit=none says=ENOENT
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("/proc/kallsyms", open("/proc/kallsyms", O_RDONLY));
    refused("/proc/keys", open("/proc/keys", O_RDONLY));
    refused("/proc/meminfo", open("/proc/meminfo", O_RDONLY));
    refused("/proc/cmdline", open("/proc/cmdline", O_RDONLY));
    refused("/proc/sys", open("/proc/sys/kernel/hostname", O_RDONLY));
    return verdict();
}
