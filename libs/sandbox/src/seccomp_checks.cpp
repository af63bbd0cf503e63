// One entry for each verdict that looks at an argument.
#include "seccomp_checks.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>

namespace sluice::sandbox::seccomp {

namespace {

constexpr std::uint32_t every_bit = 0xffffffff;
constexpr std::uint32_t pr_sched_core = 62;
constexpr std::uint32_t f_ofd_getlk = 36;

constexpr std::uint32_t none[] = {0};
constexpr std::uint32_t families[] = {AF_UNIX};
// The first two type into terminals. A line discipline is a driver, which the kernel loads for
// whoever has a terminal.
constexpr std::uint32_t terminal_calls[] = {TIOCSTI, TIOCLINUX, TIOCSETD};
constexpr std::uint32_t domains[] = {0, 0xffffffff};
constexpr std::uint32_t process_options[] = {
    PR_SET_MM,
    PR_TASK_PERF_EVENTS_DISABLE,
    PR_TASK_PERF_EVENTS_ENABLE,
    pr_sched_core};
// Setting a lock stays allowed: on a read-only file only read locks can be set, and those never
// conflict; asking (F_GETLK) is what would show another job's lock. SQLite needs F_SETLK.
constexpr std::uint32_t lock_questions[] = {F_SETLEASE, F_GETLEASE, F_NOTIFY, F_GETLK, f_ofd_getlk};
constexpr std::uint32_t file_kinds[] = {0, S_IFREG, S_IFIFO, S_IFSOCK};

// Pid, mount and ipc namespaces are left to the capability check: init is born that way. A run with
// a network is born into a network namespace of its own, so that flag is left to it too.
constexpr std::uint32_t never_new = CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWUTS;
constexpr argument_check clone_check{0, never_new | CLONE_NEWNET, none, 0, EPERM};
constexpr argument_check clone_with_network_check{0, never_new, none, 0, EPERM};
constexpr argument_check socket_check{0, every_bit, families, 0, EAFNOSUPPORT};
constexpr argument_check ioctl_check{1, every_bit, terminal_calls, EPERM, 0};
constexpr argument_check personality_check{0, every_bit, domains, 0, EPERM};
constexpr argument_check prctl_check{0, every_bit, process_options, EPERM, 0};
constexpr argument_check fcntl_check{1, every_bit, lock_questions, EPERM, 0};
// Of others: where init has the program's uid, a CPU limit of 0 would end it.
constexpr argument_check prlimit_check{0, every_bit, none, 0, EPERM};
constexpr argument_check mknod_check{1, S_IFMT, file_kinds, 0, EPERM};
constexpr argument_check mknodat_check{2, S_IFMT, file_kinds, 0, EPERM};

}  // namespace

const argument_check* check_of(verdict action, protocol::network reach) {
    switch (action) {
        case verdict::check_clone:
            return reach == protocol::network::none ? &clone_check : &clone_with_network_check;
        case verdict::check_socket:
            return &socket_check;
        case verdict::check_ioctl:
            return &ioctl_check;
        case verdict::check_personality:
            return &personality_check;
        case verdict::check_prctl:
            return &prctl_check;
        case verdict::check_fcntl:
            return &fcntl_check;
        case verdict::check_prlimit:
            return &prlimit_check;
        case verdict::check_mknod:
            return &mknod_check;
        case verdict::check_mknodat:
            return &mknodat_check;
        default:
            return nullptr;
    }
}

}  // namespace sluice::sandbox::seccomp
