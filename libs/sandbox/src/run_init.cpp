// clone with the namespaces that are a run's own; pidfd, so that an end can be waited for beside
// other things.
#include "run_init.hpp"

#include "init_main.hpp"
#include "walls.hpp"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <new>

namespace sluice::sandbox {

namespace {

pid_t clone_child(unsigned long namespaces, int cgroup, int& end) {
    if (cgroup < 0) {
        return static_cast<pid_t>(::syscall(
            SYS_clone,
            namespaces | CLONE_PIDFD | SIGCHLD,
            nullptr,
            &end,
            nullptr,
            nullptr
        ));
    }
    clone_args args{};
    args.flags = namespaces | CLONE_PIDFD | CLONE_INTO_CGROUP;
    args.pidfd = reinterpret_cast<std::uintptr_t>(&end);
    args.exit_signal = SIGCHLD;
    args.cgroup = static_cast<std::uint64_t>(cgroup);
    return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

unsigned long run_namespaces(protocol::network reach) {
    return CLONE_NEWNS | (stands(wall::pid_namespace) ? CLONE_NEWPID : 0UL) |
           (stands(wall::ipc_namespace) ? CLONE_NEWIPC : 0UL) |
           // Without a network every run shares the slot's empty one, which costs nothing.
           (reach != protocol::network::none ? CLONE_NEWNET : 0UL);
}

}  // namespace

// An init that ends with its command unread leaves ECONNRESET before its last event (unix(7)).
long receive_event(
    const run_init& init,
    protocol::init_event& event,
    received_message& message,
    int flags
) {
    const auto bytes = std::as_writable_bytes(std::span(&event, 1));
    const long size = message.receive(init.control.get(), bytes, flags);
    return size < 0 && errno == ECONNRESET ? message.receive(init.control.get(), bytes, flags)
                                           : size;
}

std::span<run_board> run_board::map() {
    constexpr std::size_t count = 3;
    void* page = ::mmap(
        nullptr,
        count * sizeof(run_board),
        PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE,
        -1,
        0
    );
    if (page == MAP_FAILED) return {};
    return {new (page) run_board[count]{}, count};
}

step_error init_maker::make(run_init& made, const output_pipes& pipes, box_size box) {
    if (const step_error e = meter_.prepare()) return e;
    int sockets[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
        return {setup_step::make_run_socket, errno};
    }
    made = {};
    made.control.reset(sockets[0]);
    const int wants_sender = 1;  // early_job.cpp says why
    ::setsockopt(sockets[0], SOL_SOCKET, SO_PASSCRED, &wants_sender, sizeof wants_sender);
    const owned_fd theirs(sockets[1]);
    made.board = &boards_[next_board_++ % boards_.size()];
    made.board->clear();
    step_error e{};
    if (source_ != nullptr) {
        const int output = pipes.out_write.get();
        e = source_->start(theirs.get(), output, pipes.err_write.get(), box, made.pid);
    } else {
        e = clone(made, theirs.get(), pipes, box);
    }
    if (!e) {
        meter_.adopt(made.pid, *made.board);
        return {};
    }
    if (made.exists()) {
        finish(made);
    } else {
        meter_.retire(-1);
        made = {};
    }
    return e;
}

step_error init_maker::clone(run_init& made, int control, const output_pipes& pipes, box_size box) {
    int end = -1;
    const int cgroup = meter_.clone_target();
    made.pid = clone_child(run_namespaces(reach_), cgroup, end);
    if (made.pid < 0) return {setup_step::clone_init, errno};
    if (made.pid == 0) {
        init_main(
            {control,
             pipes.out_write.get(),
             pipes.err_write.get(),
             box,
             reach_,
             cgroup >= 0 || reach_ == protocol::network::egress,
             makes_jobs_ahead_,
             *made.board}
        );
    }
    made.end.reset(end);
    return {};
}

// Waited for without being reaped: its clock can still be read.
// Its use and that of all whom it reaped; libc's waitid does not hand it on.
rusage init_maker::await_end(const run_init& init) const {
    siginfo_t info;
    rusage use{};
    while (::syscall(SYS_waitid, P_PID, init.pid, &info, WEXITED | WNOWAIT, &use) < 0 &&
           errno == EINTR) {
    }
    return use;
}

void init_maker::kill(const run_init& killed) const {
    if (!killed.exists()) return;
    ::kill(killed.pid, SIGKILL);
    meter_.init_ended(await_end(killed));
}

void init_maker::finish(run_init& ended) {
    ended.control.reset();
    if (ended.exists()) {
        await_end(ended);
        meter_.note_end(ended.pid);
        while (::waitpid(ended.pid, nullptr, 0) < 0 && errno == EINTR) {
        }
        meter_.retire(ended.pid);
    }
    ended = {};
}

}  // namespace sluice::sandbox
