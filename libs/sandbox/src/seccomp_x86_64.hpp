// What x86-64 programs may ask of the kernel: one line for each system call number that the kernel
// headers of Debian 12 and libseccomp know, and those up to Linux 6.18, in numeric order. A number
// that is not here (newer than this table) gets ENOSYS, so that the list does not age into a hole.
// See README.md, "System calls".
#pragma once

#include "seccomp_policy.hpp"

namespace sluice::sandbox::seccomp {

inline constexpr entry x86_64_entries[] = {
    // clang-format off
    {0, "read", verdict::allow},
    {1, "write", verdict::allow},
    {2, "open", verdict::allow},
    {3, "close", verdict::allow},
    {4, "stat", verdict::allow},
    {5, "fstat", verdict::allow},
    {6, "lstat", verdict::allow},
    {7, "poll", verdict::allow},
    {8, "lseek", verdict::allow},
    {9, "mmap", verdict::allow},
    {10, "mprotect", verdict::allow},
    {11, "munmap", verdict::allow},
    {12, "brk", verdict::allow},
    {13, "rt_sigaction", verdict::allow},
    {14, "rt_sigprocmask", verdict::allow},
    {15, "rt_sigreturn", verdict::allow},
    {16, "ioctl", verdict::check_ioctl},  // typing into terminals, line disciplines
    {17, "pread64", verdict::allow},
    {18, "pwrite64", verdict::allow},
    {19, "readv", verdict::allow},
    {20, "writev", verdict::allow},
    {21, "access", verdict::allow},
    {22, "pipe", verdict::allow},
    {23, "select", verdict::allow},
    {24, "sched_yield", verdict::allow},
    {25, "mremap", verdict::allow},
    {26, "msync", verdict::allow},
    {27, "mincore", verdict::allow},
    {28, "madvise", verdict::allow},
    {29, "shmget", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {30, "shmat", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {31, "shmctl", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {32, "dup", verdict::allow},
    {33, "dup2", verdict::allow},
    {34, "pause", verdict::allow},
    {35, "nanosleep", verdict::allow},
    {36, "getitimer", verdict::allow},
    {37, "alarm", verdict::allow},
    {38, "setitimer", verdict::allow},
    {39, "getpid", verdict::allow},
    {40, "sendfile", verdict::allow},
    {41, "socket", verdict::check_socket},  // AF_UNIX only
    {42, "connect", verdict::allow},
    {43, "accept", verdict::allow},
    {44, "sendto", verdict::allow},
    {45, "recvfrom", verdict::allow},
    {46, "sendmsg", verdict::allow},
    {47, "recvmsg", verdict::allow},
    {48, "shutdown", verdict::allow},
    {49, "bind", verdict::allow},
    {50, "listen", verdict::allow},
    {51, "getsockname", verdict::allow},
    {52, "getpeername", verdict::allow},
    {53, "socketpair", verdict::check_socket},  // AF_UNIX only
    {54, "setsockopt", verdict::allow},
    {55, "getsockopt", verdict::allow},
    {56, "clone", verdict::check_clone},  // no new namespaces
    {57, "fork", verdict::allow},
    {58, "vfork", verdict::allow},
    {59, "execve", verdict::allow},
    {60, "exit", verdict::allow},
    {61, "wait4", verdict::allow},
    {62, "kill", verdict::allow},
    {63, "uname", verdict::allow},
    {64, "semget", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {65, "semop", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {66, "semctl", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {67, "shmdt", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {68, "msgget", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {69, "msgsnd", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {70, "msgrcv", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {71, "msgctl", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {72, "fcntl", verdict::check_fcntl},  // leases, notifications, asking for other jobs' locks
    {73, "flock", verdict::eperm},  // locking shared files: a channel between jobs
    {74, "fsync", verdict::allow},
    {75, "fdatasync", verdict::allow},
    {76, "truncate", verdict::allow},
    {77, "ftruncate", verdict::allow},
    {78, "getdents", verdict::allow},
    {79, "getcwd", verdict::allow},
    {80, "chdir", verdict::allow},
    {81, "fchdir", verdict::allow},
    {82, "rename", verdict::allow},
    {83, "mkdir", verdict::allow},
    {84, "rmdir", verdict::allow},
    {85, "creat", verdict::allow},
    {86, "link", verdict::allow},
    {87, "unlink", verdict::allow},
    {88, "symlink", verdict::allow},
    {89, "readlink", verdict::allow},
    {90, "chmod", verdict::allow},
    {91, "fchmod", verdict::allow},
    {92, "chown", verdict::allow},
    {93, "fchown", verdict::allow},
    {94, "lchown", verdict::allow},
    {95, "umask", verdict::allow},
    {96, "gettimeofday", verdict::allow},
    {97, "getrlimit", verdict::allow},
    {98, "getrusage", verdict::allow},
    {99, "sysinfo", verdict::allow},
    {100, "times", verdict::allow},
    {101, "ptrace", verdict::eperm},  // reads or steers other processes
    {102, "getuid", verdict::allow},
    {103, "syslog", verdict::eperm},  // administers the host
    {104, "getgid", verdict::allow},
    {105, "setuid", verdict::allow},
    {106, "setgid", verdict::allow},
    {107, "geteuid", verdict::allow},
    {108, "getegid", verdict::allow},
    {109, "setpgid", verdict::allow},
    {110, "getppid", verdict::allow},
    {111, "getpgrp", verdict::allow},
    {112, "setsid", verdict::allow},
    {113, "setreuid", verdict::allow},
    {114, "setregid", verdict::allow},
    {115, "getgroups", verdict::allow},
    {116, "setgroups", verdict::allow},
    {117, "setresuid", verdict::allow},
    {118, "getresuid", verdict::allow},
    {119, "setresgid", verdict::allow},
    {120, "getresgid", verdict::allow},
    {121, "getpgid", verdict::allow},
    {122, "setfsuid", verdict::allow},
    {123, "setfsgid", verdict::allow},
    {124, "getsid", verdict::allow},
    {125, "capget", verdict::allow},
    {126, "capset", verdict::allow},
    {127, "rt_sigpending", verdict::allow},
    {128, "rt_sigtimedwait", verdict::allow},
    {129, "rt_sigqueueinfo", verdict::allow},
    {130, "rt_sigsuspend", verdict::allow},
    {131, "sigaltstack", verdict::allow},
    {132, "utime", verdict::allow},
    {133, "mknod", verdict::check_mknod},  // FIFOs, sockets and files, no devices
    {134, "uselib", verdict::enosys},  // obsolete
    {135, "personality", verdict::check_personality},  // no ADDR_NO_RANDOMIZE, no other domains
    {136, "ustat", verdict::enosys},  // obsolete
    {137, "statfs", verdict::allow},
    {138, "fstatfs", verdict::allow},
    {139, "sysfs", verdict::enosys},  // obsolete
    {140, "getpriority", verdict::allow},
    {141, "setpriority", verdict::allow},
    {142, "sched_setparam", verdict::allow},
    {143, "sched_getparam", verdict::allow},
    {144, "sched_setscheduler", verdict::allow},
    {145, "sched_getscheduler", verdict::allow},
    {146, "sched_get_priority_max", verdict::allow},
    {147, "sched_get_priority_min", verdict::allow},
    {148, "sched_rr_get_interval", verdict::allow},
    {149, "mlock", verdict::allow},
    {150, "munlock", verdict::allow},
    {151, "mlockall", verdict::allow},
    {152, "munlockall", verdict::allow},
    {153, "vhangup", verdict::eperm},  // administers the host
    {154, "modify_ldt", verdict::eperm},  // hardware ports and descriptor tables
    {155, "pivot_root", verdict::eperm},  // the mount tree stays ours
    {156, "_sysctl", verdict::enosys},  // obsolete
    {157, "prctl", verdict::check_prctl},  // PR_SET_MM, perf and core scheduling
    {158, "arch_prctl", verdict::allow},
    {159, "adjtimex", verdict::eperm},  // sets the host's clock
    {160, "setrlimit", verdict::allow},
    {161, "chroot", verdict::eperm},  // the mount tree stays ours
    {162, "sync", verdict::nothing},  // what is writable is memory; the rest is the host's
    {163, "acct", verdict::eperm},  // administers the host
    {164, "settimeofday", verdict::eperm},  // sets the host's clock
    {165, "mount", verdict::capable},  // init mounts /box; the program has no capability
    {166, "umount2", verdict::capable},  // init mounts /box; the program has no capability
    {167, "swapon", verdict::eperm},  // administers the host
    {168, "swapoff", verdict::eperm},  // administers the host
    {169, "reboot", verdict::eperm},  // administers the host
    {170, "sethostname", verdict::eperm},  // administers the host
    {171, "setdomainname", verdict::eperm},  // administers the host
    {172, "iopl", verdict::eperm},  // hardware ports and descriptor tables
    {173, "ioperm", verdict::eperm},  // hardware ports and descriptor tables
    {174, "create_module", verdict::enosys},  // obsolete
    {175, "init_module", verdict::eperm},  // loads code into the kernel
    {176, "delete_module", verdict::eperm},  // loads code into the kernel
    {177, "get_kernel_syms", verdict::enosys},  // obsolete
    {178, "query_module", verdict::enosys},  // obsolete
    {179, "quotactl", verdict::eperm},  // administers the host
    {180, "nfsservctl", verdict::enosys},  // obsolete
    {181, "getpmsg", verdict::enosys},  // obsolete
    {182, "putpmsg", verdict::enosys},  // obsolete
    {183, "afs_syscall", verdict::enosys},  // obsolete
    {184, "tuxcall", verdict::enosys},  // obsolete
    {185, "security", verdict::enosys},  // obsolete
    {186, "gettid", verdict::allow},
    {187, "readahead", verdict::allow},
    {188, "setxattr", verdict::allow},
    {189, "lsetxattr", verdict::allow},
    {190, "fsetxattr", verdict::allow},
    {191, "getxattr", verdict::allow},
    {192, "lgetxattr", verdict::allow},
    {193, "fgetxattr", verdict::allow},
    {194, "listxattr", verdict::allow},
    {195, "llistxattr", verdict::allow},
    {196, "flistxattr", verdict::allow},
    {197, "removexattr", verdict::allow},
    {198, "lremovexattr", verdict::allow},
    {199, "fremovexattr", verdict::allow},
    {200, "tkill", verdict::allow},
    {201, "time", verdict::allow},
    {202, "futex", verdict::allow},
    {203, "sched_setaffinity", verdict::allow},
    {204, "sched_getaffinity", verdict::allow},
    {205, "set_thread_area", verdict::allow},
    {206, "io_setup", verdict::eperm},  // counted for the whole host: a channel between jobs
    {207, "io_destroy", verdict::allow},
    {208, "io_getevents", verdict::allow},
    {209, "io_submit", verdict::allow},
    {210, "io_cancel", verdict::allow},
    {211, "get_thread_area", verdict::allow},
    {212, "lookup_dcookie", verdict::enosys},  // obsolete
    {213, "epoll_create", verdict::allow},
    {214, "epoll_ctl_old", verdict::enosys},  // obsolete
    {215, "epoll_wait_old", verdict::enosys},  // obsolete
    {216, "remap_file_pages", verdict::enosys},  // obsolete
    {217, "getdents64", verdict::allow},
    {218, "set_tid_address", verdict::allow},
    {219, "restart_syscall", verdict::allow},
    {220, "semtimedop", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {221, "fadvise64", verdict::allow},
    {222, "timer_create", verdict::allow},
    {223, "timer_settime", verdict::allow},
    {224, "timer_gettime", verdict::allow},
    {225, "timer_getoverrun", verdict::allow},
    {226, "timer_delete", verdict::allow},
    {227, "clock_settime", verdict::eperm},  // sets the host's clock
    {228, "clock_gettime", verdict::allow},
    {229, "clock_getres", verdict::allow},
    {230, "clock_nanosleep", verdict::allow},
    {231, "exit_group", verdict::allow},
    {232, "epoll_wait", verdict::allow},
    {233, "epoll_ctl", verdict::allow},
    {234, "tgkill", verdict::allow},
    {235, "utimes", verdict::allow},
    {236, "vserver", verdict::enosys},  // obsolete
    {237, "mbind", verdict::eperm},  // memory placement is the host's
    {238, "set_mempolicy", verdict::eperm},  // memory placement is the host's
    {239, "get_mempolicy", verdict::allow},
    {240, "mq_open", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {241, "mq_unlink", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {242, "mq_timedsend", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {243, "mq_timedreceive", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {244, "mq_notify", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {245, "mq_getsetattr", verdict::eperm},  // SysV and POSIX IPC outlive processes
    {246, "kexec_load", verdict::eperm},  // loads code into the kernel
    {247, "waitid", verdict::allow},
    {248, "add_key", verdict::eperm},  // kernel keyrings are shared per uid
    {249, "request_key", verdict::eperm},  // kernel keyrings are shared per uid
    {250, "keyctl", verdict::eperm},  // kernel keyrings are shared per uid
    {251, "ioprio_set", verdict::allow},
    {252, "ioprio_get", verdict::allow},
    {253, "inotify_init", verdict::allow},
    {254, "inotify_add_watch", verdict::eperm},  // watching shared files: a channel between jobs
    {255, "inotify_rm_watch", verdict::allow},
    {256, "migrate_pages", verdict::eperm},  // memory placement is the host's
    {257, "openat", verdict::allow},
    {258, "mkdirat", verdict::allow},
    {259, "mknodat", verdict::check_mknodat},  // FIFOs, sockets and files, no devices
    {260, "fchownat", verdict::allow},
    {261, "futimesat", verdict::allow},
    {262, "newfstatat", verdict::allow},
    {263, "unlinkat", verdict::allow},
    {264, "renameat", verdict::allow},
    {265, "linkat", verdict::allow},
    {266, "symlinkat", verdict::allow},
    {267, "readlinkat", verdict::allow},
    {268, "fchmodat", verdict::allow},
    {269, "faccessat", verdict::allow},
    {270, "pselect6", verdict::allow},
    {271, "ppoll", verdict::allow},
    {272, "unshare", verdict::eperm},  // namespaces stay ours
    {273, "set_robust_list", verdict::allow},
    {274, "get_robust_list", verdict::allow},
    {275, "splice", verdict::allow},
    {276, "tee", verdict::allow},
    {277, "sync_file_range", verdict::allow},
    {278, "vmsplice", verdict::eperm},  // memory that the kernel cannot see or account well
    {279, "move_pages", verdict::eperm},  // memory placement is the host's
    {280, "utimensat", verdict::allow},
    {281, "epoll_pwait", verdict::allow},
    {282, "signalfd", verdict::allow},
    {283, "timerfd_create", verdict::allow},
    {284, "eventfd", verdict::allow},
    {285, "fallocate", verdict::allow},
    {286, "timerfd_settime", verdict::allow},
    {287, "timerfd_gettime", verdict::allow},
    {288, "accept4", verdict::allow},
    {289, "signalfd4", verdict::allow},
    {290, "eventfd2", verdict::allow},
    {291, "epoll_create1", verdict::allow},
    {292, "dup3", verdict::allow},
    {293, "pipe2", verdict::allow},
    {294, "inotify_init1", verdict::allow},
    {295, "preadv", verdict::allow},
    {296, "pwritev", verdict::allow},
    {297, "rt_tgsigqueueinfo", verdict::allow},
    {298, "perf_event_open", verdict::eperm},  // large kernel attack surface
    {299, "recvmmsg", verdict::allow},
    {300, "fanotify_init", verdict::eperm},  // watching shared files: a channel between jobs
    {301, "fanotify_mark", verdict::eperm},  // watching shared files: a channel between jobs
    {302, "prlimit64", verdict::check_prlimit},
    {303, "name_to_handle_at", verdict::eperm},  // opens files past every path check
    {304, "open_by_handle_at", verdict::eperm},  // opens files past every path check
    {305, "clock_adjtime", verdict::eperm},  // sets the host's clock
    {306, "syncfs", verdict::nothing},  // as sync
    {307, "sendmmsg", verdict::allow},
    {308, "setns", verdict::eperm},  // namespaces stay ours
    {309, "getcpu", verdict::allow},
    {310, "process_vm_readv", verdict::eperm},  // reads or steers other processes
    {311, "process_vm_writev", verdict::eperm},  // reads or steers other processes
    {312, "kcmp", verdict::eperm},  // reads or steers other processes
    {313, "finit_module", verdict::eperm},  // loads code into the kernel
    {314, "sched_setattr", verdict::allow},
    {315, "sched_getattr", verdict::allow},
    {316, "renameat2", verdict::allow},
    {317, "seccomp", verdict::allow},
    {318, "getrandom", verdict::allow},
    {319, "memfd_create", verdict::allow},
    {320, "kexec_file_load", verdict::eperm},  // loads code into the kernel
    {321, "bpf", verdict::eperm},  // large kernel attack surface
    {322, "execveat", verdict::allow},
    {323, "userfaultfd", verdict::eperm},  // large kernel attack surface
    {324, "membarrier", verdict::allow},
    {325, "mlock2", verdict::allow},
    {326, "copy_file_range", verdict::allow},
    {327, "preadv2", verdict::allow},
    {328, "pwritev2", verdict::allow},
    {329, "pkey_mprotect", verdict::allow},
    {330, "pkey_alloc", verdict::allow},
    {331, "pkey_free", verdict::allow},
    {332, "statx", verdict::allow},
    {333, "io_pgetevents", verdict::allow},
    {334, "rseq", verdict::allow},
    {335, "uretprobe", verdict::enosys},  // the kernel's own trampolines need no verdict
    {336, "uprobe", verdict::enosys},  // the kernel's own trampolines need no verdict
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
