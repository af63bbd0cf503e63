// What arm64 programs may ask of the kernel: the same policy as seccomp_x86_64.hpp, name by name,
// under the numbers of the generic table. Calls that x86-64 has beside these (open, fork, mknod) do
// not exist here: libcs use their newer forms. A test compares both tables and libseccomp's.
#pragma once

#include "seccomp_policy.hpp"

namespace sluice::sandbox::seccomp {

inline constexpr entry arm64_entries[] = {
    // clang-format off
    {0, "io_setup", verdict::eperm},  // counted for the whole host: a channel between jobs
    {1, "io_destroy", verdict::allow},
    {2, "io_submit", verdict::allow},
    {3, "io_cancel", verdict::allow},
    {4, "io_getevents", verdict::allow},
    {5, "setxattr", verdict::allow},
    {6, "lsetxattr", verdict::allow},
    {7, "fsetxattr", verdict::allow},
    {8, "getxattr", verdict::allow},
    {9, "lgetxattr", verdict::allow},
    {10, "fgetxattr", verdict::allow},
    {11, "listxattr", verdict::allow},
    {12, "llistxattr", verdict::allow},
    {13, "flistxattr", verdict::allow},
    {14, "removexattr", verdict::allow},
    {15, "lremovexattr", verdict::allow},
    {16, "fremovexattr", verdict::allow},
    {17, "getcwd", verdict::allow},
    {18, "lookup_dcookie", verdict::enosys},  // obsolete
    {19, "eventfd2", verdict::allow},
    {20, "epoll_create1", verdict::allow},
    {21, "epoll_ctl", verdict::allow},
    {22, "epoll_pwait", verdict::allow},
    {23, "dup", verdict::allow},
    {24, "dup3", verdict::allow},
    {25, "fcntl", verdict::check_fcntl},  // leases, notifications, asking for other jobs' locks
    {26, "inotify_init1", verdict::allow},
    {27, "inotify_add_watch", verdict::eperm},  // watching shared files: a channel between jobs
    {28, "inotify_rm_watch", verdict::allow},
    {29, "ioctl", verdict::check_ioctl},  // typing into terminals, line disciplines
    {30, "ioprio_set", verdict::allow},
    {31, "ioprio_get", verdict::allow},
    {32, "flock", verdict::eperm},  // locking shared files: a channel between jobs
    {33, "mknodat", verdict::check_mknodat},  // FIFOs, sockets and files, no devices
    {34, "mkdirat", verdict::allow},
    {35, "unlinkat", verdict::allow},
    {36, "symlinkat", verdict::allow},
    {37, "linkat", verdict::allow},
    {38, "renameat", verdict::allow},
    {39, "umount2", verdict::capable},  // init mounts /box; the program has no capability
    {40, "mount", verdict::capable},  // init mounts /box; the program has no capability
    {41, "pivot_root", verdict::eperm},  // the mount tree stays ours
    {42, "nfsservctl", verdict::enosys},  // obsolete
    {43, "statfs", verdict::allow},
    {44, "fstatfs", verdict::allow},
    {45, "truncate", verdict::allow},
    {46, "ftruncate", verdict::allow},
    {47, "fallocate", verdict::allow},
    {48, "faccessat", verdict::allow},
    {49, "chdir", verdict::allow},
    {50, "fchdir", verdict::allow},
    {51, "chroot", verdict::eperm},  // the mount tree stays ours
    {52, "fchmod", verdict::allow},
    {53, "fchmodat", verdict::allow},
    {54, "fchownat", verdict::allow},
    {55, "fchown", verdict::allow},
    {56, "openat", verdict::allow},
    {57, "close", verdict::allow},
    {58, "vhangup", verdict::eperm},  // administers the host
    {59, "pipe2", verdict::allow},
    {60, "quotactl", verdict::eperm},  // administers the host
    {61, "getdents64", verdict::allow},
    {62, "lseek", verdict::allow},
    {63, "read", verdict::allow},
    {64, "write", verdict::allow},
    {65, "readv", verdict::allow},
    {66, "writev", verdict::allow},
    {67, "pread64", verdict::allow},
    {68, "pwrite64", verdict::allow},
    {69, "preadv", verdict::allow},
    {70, "pwritev", verdict::allow},
    {71, "sendfile", verdict::allow},
    {72, "pselect6", verdict::allow},
    {73, "ppoll", verdict::allow},
    {74, "signalfd4", verdict::allow},
    {75, "vmsplice", verdict::eperm},  // memory that the kernel cannot see or account well
    {76, "splice", verdict::allow},
    {77, "tee", verdict::allow},
    {78, "readlinkat", verdict::allow},
    {79, "newfstatat", verdict::allow},
    {80, "fstat", verdict::allow},
    {81, "sync", verdict::nothing},  // what is writable is memory; the rest is the host's
    {82, "fsync", verdict::allow},
    {83, "fdatasync", verdict::allow},
    {84, "sync_file_range", verdict::allow},
    {85, "timerfd_create", verdict::allow},
    {86, "timerfd_settime", verdict::allow},
    {87, "timerfd_gettime", verdict::allow},
    {88, "utimensat", verdict::allow},
    {89, "acct", verdict::eperm},  // administers the host
    {90, "capget", verdict::allow},
    {91, "capset", verdict::allow},
    {92, "personality", verdict::check_personality},  // no ADDR_NO_RANDOMIZE, no other domains
    {93, "exit", verdict::allow},
    {94, "exit_group", verdict::allow},
    {95, "waitid", verdict::allow},
    {96, "set_tid_address", verdict::allow},
    {97, "unshare", verdict::eperm},  // namespaces stay ours
    {98, "futex", verdict::allow},
    {99, "set_robust_list", verdict::allow},
    {100, "get_robust_list", verdict::allow},
    {101, "nanosleep", verdict::allow},
    {102, "getitimer", verdict::allow},
    {103, "setitimer", verdict::allow},
    {104, "kexec_load", verdict::eperm},  // loads code into the kernel
    {105, "init_module", verdict::eperm},  // loads code into the kernel
    {106, "delete_module", verdict::eperm},  // loads code into the kernel
    {107, "timer_create", verdict::allow},
    {108, "timer_gettime", verdict::allow},
    {109, "timer_getoverrun", verdict::allow},
    {110, "timer_settime", verdict::allow},
    {111, "timer_delete", verdict::allow},
    {112, "clock_settime", verdict::eperm},  // sets the host's clock
    {113, "clock_gettime", verdict::allow},
    {114, "clock_getres", verdict::allow},
    {115, "clock_nanosleep", verdict::allow},
    {116, "syslog", verdict::eperm},  // administers the host
    {117, "ptrace", verdict::eperm},  // reads or steers other processes
    {118, "sched_setparam", verdict::allow},
    {119, "sched_setscheduler", verdict::allow},
    {120, "sched_getscheduler", verdict::allow},
    {121, "sched_getparam", verdict::allow},
    {122, "sched_setaffinity", verdict::allow},
    {123, "sched_getaffinity", verdict::allow},
    {124, "sched_yield", verdict::allow},
    {125, "sched_get_priority_max", verdict::allow},
    {126, "sched_get_priority_min", verdict::allow},
    {127, "sched_rr_get_interval", verdict::allow},
    {128, "restart_syscall", verdict::allow},
    {129, "kill", verdict::allow},
    {130, "tkill", verdict::allow},
    {131, "tgkill", verdict::allow},
    {132, "sigaltstack", verdict::allow},
    {133, "rt_sigsuspend", verdict::allow},
    {134, "rt_sigaction", verdict::allow},
    {135, "rt_sigprocmask", verdict::allow},
    {136, "rt_sigpending", verdict::allow},
    {137, "rt_sigtimedwait", verdict::allow},
    {138, "rt_sigqueueinfo", verdict::allow},
    {139, "rt_sigreturn", verdict::allow},
    {140, "setpriority", verdict::allow},
    {141, "getpriority", verdict::allow},
    {142, "reboot", verdict::eperm},  // administers the host
    {143, "setregid", verdict::allow},
    {144, "setgid", verdict::allow},
    {145, "setreuid", verdict::allow},
    {146, "setuid", verdict::allow},
    {147, "setresuid", verdict::allow},
    {148, "getresuid", verdict::allow},
    {149, "setresgid", verdict::allow},
    {150, "getresgid", verdict::allow},
    {151, "setfsuid", verdict::allow},
    {152, "setfsgid", verdict::allow},
    {153, "times", verdict::allow},
    {154, "setpgid", verdict::allow},
    {155, "getpgid", verdict::allow},
    {156, "getsid", verdict::allow},
    {157, "setsid", verdict::allow},
    {158, "getgroups", verdict::allow},
    {159, "setgroups", verdict::allow},
    {160, "uname", verdict::allow},
    {161, "sethostname", verdict::eperm},  // administers the host
    {162, "setdomainname", verdict::eperm},  // administers the host
    {163, "getrlimit", verdict::allow},
    {164, "setrlimit", verdict::allow},
    {165, "getrusage", verdict::allow},
    {166, "umask", verdict::allow},
    {167, "prctl", verdict::check_prctl},  // PR_SET_MM, perf and core scheduling
    {168, "getcpu", verdict::allow},
    {169, "gettimeofday", verdict::allow},
    {170, "settimeofday", verdict::eperm},  // sets the host's clock
    {171, "adjtimex", verdict::eperm},  // sets the host's clock
    {172, "getpid", verdict::allow},
    {173, "getppid", verdict::allow},
    {174, "getuid", verdict::allow},
    {175, "geteuid", verdict::allow},
    {176, "getgid", verdict::allow},
    {177, "getegid", verdict::allow},
    {178, "gettid", verdict::allow},
    {179, "sysinfo", verdict::allow},
    {180, "mq_open", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {181, "mq_unlink", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {182, "mq_timedsend", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {183, "mq_timedreceive", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {184, "mq_notify", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {185, "mq_getsetattr", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {186, "msgget", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {187, "msgctl", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {188, "msgrcv", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {189, "msgsnd", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {190, "semget", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {191, "semctl", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {192, "semtimedop", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {193, "semop", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {194, "shmget", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {195, "shmctl", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {196, "shmat", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {197, "shmdt", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {198, "socket", verdict::check_socket},  // AF_UNIX only
    {199, "socketpair", verdict::check_socket},  // AF_UNIX only
    {200, "bind", verdict::allow},
    {201, "listen", verdict::allow},
    {202, "accept", verdict::allow},
    {203, "connect", verdict::allow},
    {204, "getsockname", verdict::allow},
    {205, "getpeername", verdict::allow},
    {206, "sendto", verdict::allow},
    {207, "recvfrom", verdict::allow},
    {208, "setsockopt", verdict::allow},
    {209, "getsockopt", verdict::allow},
    {210, "shutdown", verdict::allow},
    {211, "sendmsg", verdict::allow},
    {212, "recvmsg", verdict::allow},
    {213, "readahead", verdict::allow},
    {214, "brk", verdict::allow},
    {215, "munmap", verdict::allow},
    {216, "mremap", verdict::allow},
    {217, "add_key", verdict::eperm},  // kernel keyrings are shared per uid
    {218, "request_key", verdict::eperm},  // kernel keyrings are shared per uid
    {219, "keyctl", verdict::eperm},  // kernel keyrings are shared per uid
    {220, "clone", verdict::check_clone},  // no new namespaces
    {221, "execve", verdict::allow},
    {222, "mmap", verdict::allow},
    {223, "fadvise64", verdict::allow},
    {224, "swapon", verdict::eperm},  // administers the host
    {225, "swapoff", verdict::eperm},  // administers the host
    {226, "mprotect", verdict::allow},
    {227, "msync", verdict::allow},
    {228, "mlock", verdict::allow},
    {229, "munlock", verdict::allow},
    {230, "mlockall", verdict::allow},
    {231, "munlockall", verdict::allow},
    {232, "mincore", verdict::allow},
    {233, "madvise", verdict::allow},
    {234, "remap_file_pages", verdict::enosys},  // obsolete
    {235, "mbind", verdict::eperm},  // memory placement is the host's
    {236, "get_mempolicy", verdict::allow},
    {237, "set_mempolicy", verdict::eperm},  // memory placement is the host's
    {238, "migrate_pages", verdict::eperm},  // memory placement is the host's
    {239, "move_pages", verdict::eperm},  // memory placement is the host's
    {240, "rt_tgsigqueueinfo", verdict::allow},
    {241, "perf_event_open", verdict::eperm},  // large kernel attack surface
    {242, "accept4", verdict::allow},
    {243, "recvmmsg", verdict::allow},
    {260, "wait4", verdict::allow},
    {261, "prlimit64", verdict::check_prlimit},
    {262, "fanotify_init", verdict::eperm},  // watching shared files: a channel between jobs
    {263, "fanotify_mark", verdict::eperm},  // watching shared files: a channel between jobs
    {264, "name_to_handle_at", verdict::eperm},  // opens files past every path check
    {265, "open_by_handle_at", verdict::eperm},  // opens files past every path check
    {266, "clock_adjtime", verdict::eperm},  // sets the host's clock
    {267, "syncfs", verdict::nothing},  // as sync
    {268, "setns", verdict::eperm},  // namespaces stay ours
    {269, "sendmmsg", verdict::allow},
    {270, "process_vm_readv", verdict::eperm},  // reads or steers other processes
    {271, "process_vm_writev", verdict::eperm},  // reads or steers other processes
    {272, "kcmp", verdict::eperm},  // reads or steers other processes
    {273, "finit_module", verdict::eperm},  // loads code into the kernel
    {274, "sched_setattr", verdict::allow},
    {275, "sched_getattr", verdict::allow},
    {276, "renameat2", verdict::allow},
    {277, "seccomp", verdict::allow},
    {278, "getrandom", verdict::allow},
    {279, "memfd_create", verdict::allow},
    {280, "bpf", verdict::eperm},  // large kernel attack surface
    {281, "execveat", verdict::allow},
    {282, "userfaultfd", verdict::eperm},  // large kernel attack surface
    {283, "membarrier", verdict::allow},
    {284, "mlock2", verdict::allow},
    {285, "copy_file_range", verdict::allow},
    {286, "preadv2", verdict::allow},
    {287, "pwritev2", verdict::allow},
    {288, "pkey_mprotect", verdict::allow},
    {289, "pkey_alloc", verdict::allow},
    {290, "pkey_free", verdict::allow},
    {291, "statx", verdict::allow},
    {292, "io_pgetevents", verdict::allow},
    {293, "rseq", verdict::allow},
    {294, "kexec_file_load", verdict::eperm},  // loads code into the kernel
    {424, "pidfd_send_signal", verdict::allow},
    {425, "io_uring_setup", verdict::eperm},  // large kernel attack surface
    {426, "io_uring_enter", verdict::eperm},  // large kernel attack surface
    {427, "io_uring_register", verdict::eperm},  // large kernel attack surface
    {428, "open_tree", verdict::eperm},  // the mount tree stays ours
    {429, "move_mount", verdict::eperm},  // the mount tree stays ours
    {430, "fsopen", verdict::eperm},  // the mount tree stays ours
    {431, "fsconfig", verdict::eperm},  // the mount tree stays ours
    {432, "fsmount", verdict::eperm},  // the mount tree stays ours
    {433, "fspick", verdict::eperm},  // the mount tree stays ours
    {434, "pidfd_open", verdict::allow},
    {435, "clone3", verdict::enosys},  // its flags cannot be inspected; libcs fall back to clone
    {436, "close_range", verdict::allow},
    {437, "openat2", verdict::allow},
    {438, "pidfd_getfd", verdict::eperm},  // reads or steers other processes
    {439, "faccessat2", verdict::allow},
    {440, "process_madvise", verdict::eperm},  // reads or steers other processes
    {441, "epoll_pwait2", verdict::allow},
    {442, "mount_setattr", verdict::eperm},  // the mount tree stays ours
    {443, "quotactl_fd", verdict::eperm},  // administers the host
    {444, "landlock_create_ruleset", verdict::allow},  // only takes rights away; init and the last step need it
    {445, "landlock_add_rule", verdict::allow},  // only takes rights away; init and the last step need it
    {446, "landlock_restrict_self", verdict::allow},  // only takes rights away; init and the last step need it
    {447, "memfd_secret", verdict::eperm},  // memory that the kernel cannot see or account well
    {448, "process_mrelease", verdict::allow},
    {449, "futex_waitv", verdict::allow},
    {450, "set_mempolicy_home_node", verdict::eperm},  // memory placement is the host's
    {451, "cachestat", verdict::eperm},  // page cache of shared files: a channel between jobs
    {452, "fchmodat2", verdict::allow},
    {453, "map_shadow_stack", verdict::allow},
    {454, "futex_wake", verdict::allow},
    {455, "futex_wait", verdict::allow},
    {456, "futex_requeue", verdict::allow},
    {457, "statmount", verdict::eperm},  // the mount tree stays ours
    {458, "listmount", verdict::eperm},  // the mount tree stays ours
    {459, "lsm_get_self_attr", verdict::eperm},  // not needed; keeps the surface small
    {460, "lsm_set_self_attr", verdict::eperm},  // not needed; keeps the surface small
    {461, "lsm_list_modules", verdict::eperm},  // not needed; keeps the surface small
    {462, "mseal", verdict::allow},
    {463, "setxattrat", verdict::allow},
    {464, "getxattrat", verdict::allow},
    {465, "listxattrat", verdict::allow},
    {466, "removexattrat", verdict::allow},
    {467, "open_tree_attr", verdict::eperm},  // the mount tree stays ours
    {468, "file_getattr", verdict::eperm},  // not needed; keeps the surface small
    {469, "file_setattr", verdict::eperm},  // not needed; keeps the surface small
    // clang-format on
};

}  // namespace sluice::sandbox::seccomp
