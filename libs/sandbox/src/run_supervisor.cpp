// Time: the wall limit is a deadline for ppoll; CPU time is the cgroup's counter, read again when
// the limit could be reached at the earliest, (limit - used) / processors, and not more often than
// every 5 ms. To kill is to kill init: the kernel then ends its whole pid namespace, and waitpid
// returns when it is empty. When the program was started stands on the board: the first deadline is
// counted from the command, which can only be too early, and is corrected when it comes.
#include "run_supervisor.hpp"

#include "init_main.hpp"
#include "message_check.hpp"
#include "trace.hpp"
#include "walls.hpp"

#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

namespace sluice::sandbox {

namespace {

static_assert(sizeof(run_board) <= 4096);

// Longest time for everything before and after the program: unpacking, collecting, ending.
constexpr std::int64_t setup_grace_us = 20'000'000;
constexpr std::int64_t shortest_check_us = 5'000;

std::int64_t now_us() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1'000'000LL + t.tv_nsec / 1000;
}

std::int64_t processors() {
    static const std::int64_t count = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
    return count;
}

pid_t clone_child(unsigned long namespaces, int cgroup) {
    if (cgroup < 0) {
        return static_cast<pid_t>(
            ::syscall(SYS_clone, namespaces | SIGCHLD, nullptr, nullptr, nullptr, nullptr)
        );
    }
    clone_args args{};
    args.flags = namespaces | CLONE_INTO_CGROUP;
    args.exit_signal = SIGCHLD;
    args.cgroup = static_cast<std::uint64_t>(cgroup);
    return static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
}

unsigned long run_namespaces() {
    return CLONE_NEWNS | (stands(wall::pid_namespace) ? CLONE_NEWPID : 0UL) |
           (stands(wall::ipc_namespace) ? CLONE_NEWIPC : 0UL);
}

void set_failure(protocol::slot_reply& reply, step_error e) {
    reply.event = protocol::slot_event::failed;
    reply.step = static_cast<std::uint32_t>(e.step);
    reply.error_number = e.error_number;
}

step_error failure_of(const protocol::init_event& event) {
    if (event.kind != protocol::init_event_kind::failed) return {setup_step::protocol, EBADMSG};
    return {static_cast<setup_step>(event.step), event.error_number};
}

}  // namespace

run_board* run_board::map() {
    void* page = ::mmap(
        nullptr,
        sizeof(run_board),
        PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE,
        -1,
        0
    );
    if (page == MAP_FAILED) return nullptr;
    auto* board = new (page) run_board{};
#ifdef SLUICE_SANDBOX_TRACE
    current_trace = &board->trace;
#endif
    return board;
}

step_error run_supervisor::make_init() {
    if (const step_error e = meter_.prepare()) return e;
    int sockets[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
        return {setup_step::make_run_socket, errno};
    }
    control_.reset(sockets[0]);
    const owned_fd theirs(sockets[1]);
    board_.clear();
    if (source_ != nullptr) {
        const step_error e =
            source_
                ->start(theirs.get(), pipes_.out_write.get(), pipes_.err_write.get(), box_, init_);
        if (e) reap_init();
        return e;
    }
    unsigned long namespaces = run_namespaces();
    // Without a network every run shares the slot's empty one, which costs nothing.
    if (reach_ != protocol::network::none) namespaces |= CLONE_NEWNET;
    init_ = clone_child(namespaces, meter_.clone_target());
    if (init_ == 0) {
        init_main(
            {theirs.get(),
             pipes_.out_write.get(),
             pipes_.err_write.get(),
             box_,
             reach_,
             meter_.clone_target() >= 0 || reach_ == protocol::network::egress,
             board_}
        );
    }
    if (init_ < 0) {
        control_.reset();
        return {setup_step::clone_init, errno};
    }
    has_runtime_ = false;
    return {};
}

// What fails here is missed by the run, which then starts cold.
void run_supervisor::start_runtime() {
    const warm_order::budget budget = warm_.waiting_budget();
    if (meter_.begin(budget.memory_bytes, budget.processes, false)) return;
    has_runtime_ = warm_.send(control_.get());
}

void run_supervisor::prewarm() {
    if (init_ < 0) (void)make_init();
}

void run_supervisor::idle() {
    if (init_ < 0 || has_runtime_ || !warm_.is_set()) return;
    pollfd request{host_, POLLIN, 0};
    const int quiet_ms = warm_.quiet_ms();
    if (quiet_ms == 0 || ::poll(&request, 1, quiet_ms) == 0) start_runtime();
}

void run_supervisor::keep_warm(std::span<const std::byte> message, received_message& fds) {
    // The next run may need a higher limit than a runtime that rlimits hold could ever be given.
    if (!meter_.has_cgroup()) return;
    if (has_runtime_) reap_init();
    warm_.set(message, fds);
}

void run_supervisor::forget_warm() {
    if (has_runtime_) reap_init();
    warm_.clear();
}

// A prepared init may have died while it waited (the kernel's memory killer, an operator): then a
// new one is made, once.
step_error run_supervisor::hand_over(
    const protocol::slot_request& request,
    std::span<std::byte> message,
    received_message& fds
) {
    if (request.has_collect != 0) collect_fd_.reset(fds.take_fd(fds.fd_count() - 1));
    const std::size_t passed = fds.fd_count() - request.has_collect;
    const message_part part{message.data(), message.size()};
    // One that this run cannot have must be gone before its limits hold and its counters start.
    if (has_runtime_ && !warm_.serves(request)) reap_init();
    for (bool is_second_try = false;; is_second_try = true) {
        step_error e{};
        if (init_ < 0) e = make_init();
        if (!e) e = meter_.begin(request.memory_bytes, request.processes, has_runtime_);
        if (e) return e;
        if (send_message(control_.get(), std::span(&part, 1), fds.fds().first(passed)) == 0) break;
        if (is_second_try) return {setup_step::receive_command, errno};
        reap_init();
    }
    fds.close_fds();
    box_ = {request.disk_bytes, request.inodes};
    warm_.note_run(request);
    return {};
}

step_error run_supervisor::make_next_pipes() {
    return next_pipes_.make(source_ != nullptr ? source_->job_uid() : protocol::job_uid);
}

bool run_supervisor::answer(protocol::slot_reply& reply) {
    step_error e{};
    if (!next_pipes_.out_read) e = make_next_pipes();
    if (e) set_failure(reply, e);
    const std::array fds{next_pipes_.out_read.get(), next_pipes_.err_read.get()};
    const auto sent = std::span(fds).first(e ? 0 : fds.size());
    if (is_host_gone_ || send_struct(host_, reply, sent) < 0 || e) is_host_gone_ = true;
    pipes_ = std::move(next_pipes_);
    pipes_.out_read.reset();
    pipes_.err_read.reset();
    return !is_host_gone_;
}

bool run_supervisor::refuse(step_error why) {
    protocol::slot_reply reply;
    set_failure(reply, why);
    // The prepared init has the pipes that the service gives up with this answer.
    (void)answer(reply);
    reap_init();
    return !is_host_gone_;
}

bool run_supervisor::run(
    const protocol::slot_request& request,
    std::span<std::byte> message,
    received_message& fds
) {
    protocol::slot_reply reply;
    reply.event = protocol::slot_event::finished;
    is_started_ = false;
    is_over_ = false;
    if (const step_error e = hand_over(request, message, fds)) {
        set_failure(reply, e);
    } else {
        at("manager.sent_command");
        // The program may have started and ended by now; nothing is lost but precision when the
        // machine is that busy.
        const std::int64_t now = now_us();
        setup_deadline_us_ = now + setup_grace_us;
        deadline_us_ = now + std::min(setup_grace_us, request.wall_us);
        cpu_check_us_ = next_check_us(now, request.cpu_us);
        // While the program starts; should it fail, the answer tries again.
        if (make_next_pipes()) next_pipes_ = {};
        supervise(request, reply);
    }
    collect_fd_.reset();
    at("manager.before_reply");
    (void)answer(reply);
    at("manager.replied");
    // After the answer: nobody waits for the end of the namespaces.
    reap_init();
    at("manager.reaped");
    board_.trace.print();
    return !is_host_gone_ && !is_worn_out_;
}

// When the processor time that is left could be used up at the earliest.
std::int64_t run_supervisor::next_check_us(std::int64_t from, std::int64_t left) const {
    const std::int64_t pause = std::max(shortest_check_us, left / processors());
    return from + std::min(pause, meter_.longest_check_us());
}

int run_supervisor::next_timeout_ms() const {
    const std::int64_t left = std::min(deadline_us_, cpu_check_us_) - now_us();
    return static_cast<int>(std::clamp<std::int64_t>((left + 999) / 1000, 0, 3'600'000));
}

void run_supervisor::supervise(const protocol::slot_request& request, protocol::slot_reply& reply) {
    while (!is_over_) {
        std::array<pollfd, 2> wanted{pollfd{control_.get(), POLLIN, 0}, pollfd{host_, POLLIN, 0}};
        if (::poll(wanted.data(), wanted.size(), next_timeout_ms()) < 0 && errno != EINTR) {
            set_failure(reply, {setup_step::protocol, errno});
            return;
        }
        if (wanted[0].revents != 0) {
            take_init_event(request, reply);
        } else if (wanted[1].revents != 0) {
            take_host_message(reply);
        } else {
            check_time(request, reply);
        }
    }
}

void run_supervisor::take_init_event(
    const protocol::slot_request& request,
    protocol::slot_reply& reply
) {
    protocol::init_event event;
    received_message message;
    const long size = message.receive(control_.get(), std::as_writable_bytes(std::span(&event, 1)));
    if (!is_valid(event, size, message.fd_count()) || !is_expected(event.kind)) {
        // Init is gone. The kernel's memory killer is the one lawful reason.
        kill_run(reply);
        if (reply.memory_exceeded == 0 || size > 0) {
            set_failure(reply, {setup_step::clone_init, size > 0 ? EBADMSG : ECHILD});
        }
        return;
    }
    switch (event.kind) {
        case protocol::init_event_kind::ended:
            at("manager.program_ended");
            reply.wait_status = event.wait_status;
            reply.wall_us = event.wall_us;
            read_counters(reply, event.own_cpu_us);
            // Pages that an earlier run brought in are charged to nobody now; a process still used
            // them.
            reply.memory_peak_bytes = std::min(
                request.memory_bytes,
                std::max(reply.memory_peak_bytes, event.max_rss_bytes)
            );
            if (reply.wall_us > request.wall_us) reply.wall_exceeded = 1;
            if (reply.cpu_us > request.cpu_us) reply.cpu_exceeded = 1;
            if (request.has_collect != 0 && event.wait_status == 0) collect(request, reply);
            is_over_ = true;
            return;
        default:
            set_failure(reply, failure_of(event));
            is_over_ = true;
            // The relay is gone; a new slot comes with a new one.
            if (failure_of(event).step == setup_step::open_egress) is_worn_out_ = true;
    }
}

// A program that was not started has no end; a failure may come at any time.
bool run_supervisor::is_expected(protocol::init_event_kind kind) const {
    return kind == protocol::init_event_kind::failed ||
           (kind == protocol::init_event_kind::ended && board_.started_us != 0);
}

void run_supervisor::take_host_message(protocol::slot_reply& reply) {
    protocol::slot_request request;
    received_message message;
    const long size =
        message.receive(host_, std::as_writable_bytes(std::span(&request, 1)), MSG_DONTWAIT);
    const bool is_kill = size == sizeof request && request.message_magic == protocol::magic &&
                         request.verb == protocol::slot_verb::kill;
    // Anything else is the end of the service, or a broken one: the run ends either way.
    if (!is_kill) is_host_gone_ = true;
    reply.killed_by_request = 1;
    kill_run(reply);
}

// The program's start is known to the board only; its deadlines count from there.
void run_supervisor::note_start(const protocol::slot_request& request) {
    if (is_started_) return;
    started_us_ = board_.started_us;
    is_started_ = started_us_ != 0;
    // Not started yet: looked at again before a limit that begins to run now could be over.
    const std::int64_t from = is_started_ ? started_us_ : now_us();
    deadline_us_ = from + request.wall_us;
    cpu_check_us_ = next_check_us(from, request.cpu_us);
    if (!is_started_) deadline_us_ = std::min(deadline_us_, setup_deadline_us_);
}

void run_supervisor::check_time(
    const protocol::slot_request& request,
    protocol::slot_reply& reply
) {
    const std::int64_t now = now_us();
    note_start(request);
    if (!stands(wall::wall_clock)) deadline_us_ = std::max(deadline_us_, started_us_ + 30'000'000);
    if (is_started_ ? now >= deadline_us_ : now >= setup_deadline_us_) {
        kill_run(reply);
        if (is_started_) {
            reply.wall_exceeded = 1;
        } else {
            set_failure(reply, {setup_step::unpack_files, ETIMEDOUT});
        }
        return;
    }
    if (!is_started_ || now < cpu_check_us_) return;
    const std::int64_t left = request.cpu_us + board_.prepared_cpu_us - meter_.cpu_us();
    if (left <= 0 && stands(wall::cpu_clock)) {
        reply.cpu_exceeded = 1;
        kill_run(reply);
        return;
    }
    if (meter_.is_over_memory() && stands(wall::memory_limit)) {
        kill_run(reply);
        return;
    }
    cpu_check_us_ = next_check_us(now, left);
}

void run_supervisor::collect(const protocol::slot_request&, protocol::slot_reply& reply) {
    meter_.lift_memory_limit();
    const std::array fds{collect_fd_.get()};
    const message_part order{"c", 1};
    protocol::init_event event;
    received_message message;
    const timeval patience{setup_grace_us / 1'000'000, 0};
    ::setsockopt(control_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    long size = send_message(control_.get(), std::span(&order, 1), fds);
    if (size == 0) {
        size = message.receive(control_.get(), std::as_writable_bytes(std::span(&event, 1)));
    }
    if (size == 0 || (size < 0 && errno != EAGAIN)) {
        // Init died, which no program can bring about: ours, not what the compiler left.
        set_failure(reply, {setup_step::collect_files, ECHILD});
        return;
    }
    if (!is_valid(event, size, message.fd_count()) ||
        event.kind != protocol::init_event_kind::collected) {
        reply.collect_errno = EIO;
        return;
    }
    reply.collect_errno = static_cast<std::uint32_t>(event.error_number);
    reply.has_artefacts = event.error_number == 0 ? 1 : 0;
}

void run_supervisor::read_counters(protocol::slot_reply& reply, std::int64_t init_cpu_us) {
    const run_counters c = meter_.read();
    reply.cpu_us = std::max<std::int64_t>(0, c.cpu_us - init_cpu_us);
    reply.memory_peak_bytes = c.memory_peak_bytes;
    reply.memory_exceeded = c.memory_exceeded ? 1 : 0;
    reply.processes_exceeded = c.processes_exceeded ? 1 : 0;
}

void run_supervisor::kill_run(protocol::slot_reply& reply) {
    ::kill(init_, SIGKILL);
    rusage use{};
    while (::wait4(init_, nullptr, 0, &use) < 0 && errno == EINTR) {
    }
    init_ = -1;
    meter_.init_ended(use);
    reply.wait_status = SIGKILL;
    const std::int64_t started = board_.started_us;
    reply.wall_us = started != 0 ? now_us() - started : 0;
    read_counters(reply, board_.prepared_cpu_us);
    is_over_ = true;
}

void run_supervisor::reap_init() {
    control_.reset();
    if (init_ > 0) {
        // Init ends by itself when its socket closes; a set-up failure may have left it anywhere.
        while (::waitpid(init_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    init_ = -1;
    has_runtime_ = false;
    meter_.retire();
}

}  // namespace sluice::sandbox
