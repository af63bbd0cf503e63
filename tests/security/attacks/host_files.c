// attack: open what belongs to the host
// expect: exit=0 limit=none
// walls: pivoted root, proc subset=pid, no /sys, synthetic /dev, non-dumpable init
#include "attack.h"
int main(void) {
    static const char* const paths[] = {
        "/etc/shadow",
        "/root/.bashrc",
        "/home",
        "/var/lib",
        "/proc/1/environ",
        "/proc/1/mem",
        "/proc/1/root/etc",
        "/proc/1/cwd",
        "/proc/1/fd/3",
        "/proc/kallsyms",
        "/proc/keys",
        "/proc/kcore",
        "/proc/sysrq-trigger",
        "/proc/sys/kernel/core_pattern",
        "/sys/kernel",
        "/sys/fs/cgroup",
        "/dev/mem",
        "/dev/kmsg",
        "/dev/vda",
        "/dev/kvm",
        "/dev/fuse",
        "/dev/tty",
        "/.run",
        "/.run/box",
        "/.old",
        "/proc/self/root/.old",
        "/box/../../root"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; ++i)
        refused(paths[i], open(paths[i], O_RDONLY | O_NONBLOCK));
    return verdict();
}
