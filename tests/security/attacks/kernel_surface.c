// attack: reach the parts of the kernel that exploits begin with
// expect: exit=0 limit=none says=EPERM
// walls: seccomp
#include "attack.h"
int main(void) {
    char zero[256] = {0};
    refused("io_uring_setup", syscall(SYS_io_uring_setup, 1, zero));
    refused("bpf", syscall(SYS_bpf, 0, zero, sizeof zero));
    refused("perf_event_open", syscall(SYS_perf_event_open, zero, 0, -1, -1, 0));
    refused("userfaultfd", syscall(SYS_userfaultfd, 1));
    refused("memfd_secret", syscall(SYS_memfd_secret, 0));
    refused("modify_ldt", syscall(SYS_modify_ldt, 0, zero, sizeof zero));
    refused("vmsplice", syscall(SYS_vmsplice, 1, 0, 0, 0));
    refused("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, zero, 0));
    refused("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, "/", zero, zero, 0));
    refused("fanotify_init", syscall(SYS_fanotify_init, 0, 0));
    refused("syslog", syscall(SYS_syslog, 3, zero, sizeof zero));
    refused("finit_module", syscall(SYS_finit_module, 0, "", 0));
    refused("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
    refused("iopl", syscall(SYS_iopl, 3));
    refused("clock_settime", syscall(SYS_clock_settime, 0, zero));
    refused("sethostname", syscall(SYS_sethostname, "x", 1));
    refused("reboot", syscall(SYS_reboot, 0, 0, 0, 0));
    refused("unknown number", syscall(999));
    return verdict();
}
