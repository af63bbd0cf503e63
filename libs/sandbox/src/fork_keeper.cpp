// The keeper adopts and reaps what a dead server leaves: a process of a run's pid namespace that
// nobody reaps would keep that run's init from ending.
#include "fork_keeper.hpp"

#include "../fork/fork_order.h"
#include "capabilities.hpp"
#include "run_command.hpp"
#include "seccomp_program.hpp"
#include "small_io.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace sluice::sandbox {

namespace {

constexpr int keeper_control_fd = 3;
constexpr int keeper_parking = 64;

// To enter a run's namespaces, to choose a process number, to take the program's ids, to empty the
// bounding set, and to name those namespaces by their init, which is not dumpable.
constexpr std::array server_capabilities{
    CAP_SETGID,
    CAP_SETUID,
    CAP_SETPCAP,
    CAP_SYS_CHROOT,
    CAP_SYS_PTRACE,
    CAP_SYS_ADMIN};

bool is_servers(int capability) {
    for (const int each : server_capabilities) {
        if (each == capability) return true;
    }
    return false;
}

// By exec a process of uid 0 gets what is in the bounding set.
bool keep_few_capabilities() {
    for (int capability = 0; capability < 64; ++capability) {
        if (!is_servers(capability) && ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
            return errno == EINVAL;  // past the last one that this kernel knows
        }
    }
    return true;
}

int filter_file(protocol::network reach) {
    const std::vector<sock_filter> program = seccomp::compile(seccomp::native(), reach);
    const std::size_t size = program.size() * sizeof(sock_filter);
    const int file = static_cast<int>(::syscall(SYS_memfd_create, "filter", 1U));
    if (file >= 0 && ::write(file, program.data(), size) != static_cast<ssize_t>(size)) return -1;
    return file;
}

class keeper {
public:
    explicit keeper(int filter) : filter_(filter) {}

    [[noreturn]] void serve() {
        auto order = std::make_unique<received_command>();
        for (;;) {
            const long size = order->message.receive(
                keeper_control_fd,
                std::as_writable_bytes(std::span(order->buffer))
            );
            if (size < static_cast<long>(sizeof order->request)) ::_exit(0);
            std::memcpy(&order->request, order->buffer.data(), sizeof order->request);
            end_server();
            keeper_answer answer;
            if (order->request.verb == protocol::slot_verb::serve_forks) {
                answer.server = start_server(*order, static_cast<std::size_t>(size));
            }
            order->message.close_fds();
            if (send_struct(keeper_control_fd, answer) < 0) ::_exit(0);
        }
    }

private:
    void end_server() {
        if (server_) ::syscall(SYS_pidfd_send_signal, server_.get(), SIGKILL, nullptr, 0U);
        server_.reset();
    }

    pid_t start_server(received_command& order, std::size_t size) {
        const auto text =
            std::span(order.buffer).subspan(sizeof order.request, size - sizeof order.request);
        if (order.message.fd_count() != 2 || !parse_command(order.request, text, order.view)) {
            return -1;
        }
        int end = -1;
        const auto server = static_cast<pid_t>(
            ::syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, nullptr, &end, nullptr, nullptr)
        );
        if (server == 0) become_server(order);
        if (server > 0) server_.reset(end);
        return server;
    }

    // Its output goes nowhere: pipes without a reader, so that the streams that programs inherit
    // were made of pipes.
    bool place_descriptors(const received_command& order) {
        int nowhere[2] = {-1, -1};
        const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (null < 0 || ::pipe2(nowhere, O_CLOEXEC) < 0) return false;
        const std::array wanted{
            null,
            nowhere[1],
            nowhere[1],
            order.message.fds()[0],
            order.message.fds()[1],
            filter_};
        std::array<int, wanted.size()> parked{};
        for (std::size_t i = 0; i < wanted.size(); ++i)
            parked[i] = ::fcntl(wanted[i], F_DUPFD_CLOEXEC, keeper_parking);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (parked[i] < 0 || ::dup2(parked[i], static_cast<int>(i)) < 0) return false;
        }
        return ::syscall(SYS_close_range, wanted.size(), ~0U, 0U) == 0;
    }

    [[noreturn]] void become_server(received_command& order) {
        ::signal(SIGCHLD, SIG_DFL);
        ::umask(022);
        const auto stack = static_cast<rlim_t>(order.request.stack_bytes);
        const rlimit limit{stack, stack};
        if (::setrlimit(RLIMIT_STACK, &limit) < 0 || ::chdir("/box") < 0 ||
            !place_descriptors(order)) {
            ::_exit(1);
        }
        static_assert(fork_library_fd == 4);
        static char preload[] = "LD_PRELOAD=/proc/self/fd/4";
        static char mark[] = "SLUICE_FORK_SERVER=1";
        std::vector<char*> env;
        for (std::uint32_t i = 0; i < order.request.envc; ++i)
            env.push_back(order.view.envp[i]);
        env.insert(env.end(), {preload, mark, nullptr});
        ::execve(order.view.argv[0], order.view.argv.data(), env.data());
        ::_exit(1);
    }

    int filter_;
    owned_fd server_;  // a pidfd
};

}  // namespace

void keep_fork_servers(int control, protocol::network reach) {
    ::prctl(PR_SET_DUMPABLE, 0);
    ::signal(SIGCHLD, SIG_IGN);  // reaped by the kernel
    const int filter = filter_file(reach);
    const int parked = filter < 0 ? -1 : ::fcntl(filter, F_DUPFD_CLOEXEC, keeper_parking);
    if (parked < 0 || ::dup2(control, keeper_control_fd) < 0 ||
        ::fcntl(keeper_control_fd, F_SETFD, FD_CLOEXEC) < 0 ||
        ::dup2(parked, keeper_control_fd + 1) < 0 ||
        ::syscall(SYS_close_range, keeper_control_fd + 2U, ~0U, 0U) < 0 ||
        ::prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        !keep_few_capabilities() || stop_inheriting_capabilities()) {
        ::_exit(1);
    }
    keeper(keeper_control_fd + 1).serve();
}

}  // namespace sluice::sandbox
