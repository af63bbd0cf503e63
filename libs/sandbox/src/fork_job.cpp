// See fork_job.hpp.
#include "fork_job.hpp"

#include "../fork/fork_order.h"
#include "fd_message.hpp"
#include "small_io.hpp"
#include "step_rlimits.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sluice::sandbox {

namespace {

constexpr int longest_fork_ms = 3000;

static_assert(sizeof(fork_limit) == sizeof(job_rlimit));

fork_order order_of(const job_spec& spec) {
    const protocol::slot_request& r = *spec.request;
    fork_order order{};
    order.magic = fork_order_magic;
    order.argc = r.argc;
    order.envc = r.envc;
    order.uid = protocol::job_uid;
    order.has_input = r.has_stdin;
    const job_rlimits limits = rlimits_of(r);
    static_assert(sizeof limits == sizeof order.limits);
    std::memcpy(order.limits, limits.data(), sizeof limits);
    return order;
}

bool send_order(const job_spec& spec, int server, int cgroup, int answer) {
    const owned_fd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0U)));
    if (!self) return false;
    fork_order order = order_of(spec);
    std::array<int, fork_most_fds> fds{self.get(), answer, spec.input, spec.output, spec.errors};
    std::size_t count = fork_with_more;
    if (spec.landlock >= 0) {
        order.has_landlock = 1;
        fds[count++] = spec.landlock;
    }
    if (cgroup >= 0) {
        order.has_cgroup = 1;
        fds[count++] = cgroup;
    }
    // argv and env lie behind each other in the command's buffer.
    char* const* last = order.envc != 0 ? spec.envp + order.envc - 1 : spec.argv + order.argc - 1;
    const char* const end = *last + std::strlen(*last) + 1;
    const message_part whole[] = {
        {&order, sizeof order},
        {spec.argv[0], static_cast<std::size_t>(end - spec.argv[0])}};
    return send_message(server, whole, std::span(fds).first(count)) == 0;
}

// Nobody but those that the server made is there.
void end_all() {
    if (::kill(-1, SIGKILL) < 0) return;
    while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
    }
}

}  // namespace

pid_t fork_job(const job_spec& spec, int server, int cgroup, step_error& failure) {
    int sockets[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return -1;
    owned_fd ours(sockets[0]);
    owned_fd theirs(sockets[1]);
    const bool is_sent = send_order(spec, server, cgroup, theirs.get());
    theirs.reset();
    pollfd waiting{ours.get(), POLLIN, 0};
    if (is_sent) (void)::poll(&waiting, 1, longest_fork_ms);
    // A program that could not say that it has started will not start.
    ::shutdown(ours.get(), SHUT_RDWR);
    fork_answer answer{};
    const bool has_started =
        ::recv(ours.get(), &answer, sizeof answer, MSG_DONTWAIT) == sizeof answer &&
        answer.magic == fork_order_magic && answer.has_started == 1 && answer.pid > 1;
    if (!has_started) {
        end_all();
        return -1;
    }
    failure = check_rlimits(answer.pid, rlimits_of(*spec.request));
    return answer.pid;
}

}  // namespace sluice::sandbox
