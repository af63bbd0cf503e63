// attack: let the kernel run a program of ours as root on the host (bwrap started by root)
// family: host files
// walls: landlock, proc_subset, job_uid, user_namespace
// control-where: guest
// expect: exit=0 limit=none says=ENOENT
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("core_pattern", open("/proc/sys/kernel/core_pattern", O_WRONLY));
    return verdict();
}
