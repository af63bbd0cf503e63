// Starting a relay, and what it may do: it sees no file, has no capability and no other id than its
// own, and its filter is the list of calls that egress_relay.cpp makes. What it has is the network
// of the machine, which is why nothing but addresses that the kernel reports is decided on there.
#include "capabilities.hpp"
#include "egress_relay.hpp"
#include "small_io.hpp"

#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cstddef>
#include <vector>

namespace sluice::sandbox {

namespace {

constexpr unsigned long relay_namespaces =
    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

step_error failed() {
    return {setup_step::enclose_relay, errno};
}

constexpr long allowed_calls[] = {
    SYS_accept4,    SYS_connect,  SYS_bind,       SYS_getsockname,  SYS_getsockopt,
    SYS_setsockopt, SYS_shutdown, SYS_recvfrom,   SYS_sendto,       SYS_recvmsg,
    SYS_close,      SYS_ppoll,    SYS_exit_group, SYS_rt_sigreturn, SYS_restart_syscall,
    SYS_brk,        SYS_mmap,     SYS_munmap,
#ifdef SYS_poll
    SYS_poll,
#endif
};

sock_filter ret(std::uint32_t value) {
    return {BPF_RET | BPF_K, 0, 0, value};
}
sock_filter load(std::size_t offset) {
    return {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
}
sock_filter unless(std::uint32_t value, std::uint8_t skipped) {
    return {BPF_JMP | BPF_JEQ | BPF_K, 0, skipped, value};
}

int install_filter() {
#if defined(__x86_64__)
    constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#else
    constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#endif
    std::vector<sock_filter> code{
        load(offsetof(seccomp_data, arch)),
        {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, architecture},
        ret(SECCOMP_RET_KILL_PROCESS),
        load(offsetof(seccomp_data, nr))};
    for (const long number : allowed_calls) {
        code.push_back(unless(static_cast<std::uint32_t>(number), 1));
        code.push_back(ret(SECCOMP_RET_ALLOW));
    }
    code.push_back(unless(SYS_socket, 5));
    code.push_back(load(offsetof(seccomp_data, args)));
    for (const int family : {AF_INET, AF_INET6}) {
        code.push_back(unless(static_cast<std::uint32_t>(family), 1));
        code.push_back(ret(SECCOMP_RET_ALLOW));
    }
    code.push_back(ret(SECCOMP_RET_KILL_PROCESS));
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0UL, &program));
}

// An empty folder instead of the host's files.
step_error leave_all_files() {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
        ::mount("relay", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=0555") <
            0 ||
        ::chdir("/tmp") < 0 || ::syscall(SYS_pivot_root, ".", ".") < 0 ||
        ::umount2(".", MNT_DETACH) < 0 || ::chdir("/") < 0 ||
        ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) < 0) {
        return failed();
    }
    return {};
}

step_error take_id(bool has_one_id) {
    constexpr unsigned id = protocol::job_uid;
    if (!has_one_id && (::setgroups(0, nullptr) < 0 || ::setresgid(id, id, id) < 0 ||
                        ::setresuid(id, id, id) < 0)) {
        return failed();
    }
    return {};
}

// Only these two, as 0 and 1: nothing else of the launcher's comes along.
step_error keep_descriptors(int socket, int release_pipe) {
    if (::dup2(socket, 63) < 0 || ::dup2(release_pipe, 62) < 0 || ::dup2(63, 0) < 0 ||
        ::dup2(62, 1) < 0 || ::syscall(SYS_close_range, 3U, ~0U, 0U) < 0) {
        return failed();
    }
    return {};
}

[[noreturn]] void
relay_main(bool has_one_id, int socket, int pipe, std::span<const protocol::egress_rule> rules) {
    char released = 0;
    step_error e = keep_descriptors(socket, pipe);
    if (!e && ::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) e = failed();
    // No byte: the launcher failed, or is gone.
    if (!e && ::read(1, &released, 1) != 1) ::_exit(1);
    ::setsid();
    if (!e) e = leave_all_files();
    if (!e) e = take_id(has_one_id);
    if (!e) e = enclose_relay();
    if (!e) relay_connections(0, rules);
    ::_exit(e ? 1 : 0);
}

}  // namespace

step_error enclose_relay() {
    // What a change of ids cleared, once more; who has no parent any more must not stay.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return failed();
    for (int capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
    }
    if (const step_error e = give_up_capabilities(setup_step::enclose_relay)) return e;
    const rlimit files{512, 512};
    const rlimit none{0, 0};
    // Behind the programs that it serves, and never able to make a process or a file.
    (void)::setpriority(PRIO_PROCESS, 0, 5);
    if (::setrlimit(RLIMIT_NOFILE, &files) < 0 || ::setrlimit(RLIMIT_NPROC, &none) < 0 ||
        ::setrlimit(RLIMIT_FSIZE, &none) < 0 || ::setrlimit(RLIMIT_CORE, &none) < 0 ||
        ::prctl(PR_SET_DUMPABLE, 0) < 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        install_filter() < 0) {
        return failed();
    }
    return {};
}

step_error start_relay(
    const id_plan& plan,
    unsigned uid,
    std::span<const protocol::egress_rule> rules,
    int& socket,
    pid_t& pid
) {
    int sockets[2] = {-1, -1};
    int release[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
        return {setup_step::start_relay, errno};
    }
    owned_fd ours(sockets[0]);
    const owned_fd theirs(sockets[1]);
    if (::pipe2(release, O_CLOEXEC) < 0) return {setup_step::start_relay, errno};
    const owned_fd read_end(release[0]);
    const owned_fd write_end(release[1]);
    pid = clone_for_mapping(plan, relay_namespaces);
    if (pid == 0) relay_main(plan.mode == id_mode::single, theirs.get(), read_end.get(), rules);
    if (pid < 0) return {setup_step::start_relay, errno};
    step_error e = map_one_id(plan, uid, pid);
    if (!e && ::write(write_end.get(), "x", 1) != 1) e = {setup_step::start_relay, errno};
    if (!e) socket = ours.release();
    return e;
}

}  // namespace sluice::sandbox
