// Time: the wall limit is a deadline for ppoll; CPU time is the cgroup's counter, read again when
// the limit could be reached at the earliest, (limit - used) / processors, and not more often than
// every 5 ms. To kill is to kill init: the kernel then ends its whole pid namespace, and waitpid
// returns when it is empty. When the program was started stands on the board: the first deadline is
// counted from the command, which can only be too early, and is corrected when it comes.
#include "run_supervisor.hpp"

#include "clock_us.hpp"
#include "message_check.hpp"
#include "trace.hpp"
#include "walls.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace sluice::sandbox {

namespace {

// Longest time for everything before and after the program: unpacking, collecting, ending.
constexpr std::int64_t setup_grace_us = 20'000'000;
constexpr std::int64_t shortest_check_us = 5'000;
// A slot that gets its next request this soon after an answer is in demand.
constexpr std::int64_t busy_gap_us = 5'000;

std::int64_t processors() {
    static const std::int64_t count = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
    return count;
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

// An init that could not prepare itself says why before it ends.
step_error run_supervisor::why_it_ended() {
    if (known_failure_) return std::exchange(known_failure_, {});
    protocol::init_event event;
    received_message message;
    long size = 0;
    do {
        size = receive_event(init_, event, message, MSG_DONTWAIT);
        if (!is_valid(event, size, message.fd_count())) return {setup_step::receive_command, EPIPE};
    } while (event.kind == protocol::init_event_kind::waits);
    return note_failure(event);
}

// The relay being gone wears the slot out: a new one comes with a new relay.
step_error run_supervisor::note_failure(const protocol::init_event& event) {
    const step_error e = failure_of(event);
    if (e.step == setup_step::open_egress) is_worn_out_ = true;
    return e;
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
    std::array<int, protocol::max_fds> sent{};
    std::ranges::copy(fds.fds().first(passed), sent.begin());
    const int forks = forks_ != nullptr && forks_->serves(request) ? forks_->orders() : -1;
    is_forked_ = forks >= 0;
    has_fork_failed_ = false;
    if (forks_ != nullptr) meter_.share_with(forks_->helpers());
    const message_part part{message.data(), message.size()};
    // One that this run cannot have must be gone before its limits hold and its counters start.
    if (init_.has_runtime && (is_forked_ || !warm_.serves(request))) maker_.finish(init_);
    // Room is made for more inits only where there will be some: the limit on processes is exact.
    if (!is_next_due_) maker_.finish(ending_);
    for (bool is_second_try = false;; is_second_try = true) {
        step_error e{};
        if (!init_.exists()) e = maker_.make(init_, pipes_, box_);
        if (e) return e;
        meter_.select(init_.pid, {is_next_due_, ending_.exists()});
        e = meter_.begin(request.memory_bytes, request.processes, init_.has_runtime);
        if (e) return e;
        const std::size_t count =
            passed + add_forks(forks, message, std::span(sent).subspan(passed));
        if (send_message(init_.control.get(), std::span(&part, 1), std::span(sent).first(count)) ==
            0)
            break;
        if (is_second_try) return why_it_ended();
        maker_.finish(init_);
    }
    fds.close_fds();
    box_ = {request.disk_bytes, request.inodes};
    warm_.note_run(request);
    return {};
}

// What init asks the server with; how many descriptors that are.
std::size_t run_supervisor::add_forks(int forks, std::span<std::byte> message, std::span<int> fds)
    const {
    std::uint32_t count = 0;
    if (forks >= 0) {
        fds[count++] = forks;
        if (meter_.run_folder() >= 0) fds[count++] = meter_.run_folder();
    }
    std::memcpy(message.data() + offsetof(protocol::slot_request, fork_fds), &count, sizeof count);
    return count;
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
    maker_.finish(init_);
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
    // Without a cgroup whatever lives in the slot counts as the run's.
    is_next_due_ =
        source_ == nullptr && meter_.has_cgroup() && now_us() - answered_us_ < busy_gap_us;
    // With a run for every processor there is no sleeping one to be spared, and to move costs more
    // than it gains.
    if (source_ == nullptr && request.is_crowded == 0) {
        if (init_.exists() && init_.job < 0 && maker_.makes_jobs_ahead()) meet_job();
        placement_.gather(init_.pid, init_.has_runtime ? -1 : init_.job);
    }
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
        make_next();
        supervise(request, reply);
    }
    collect_fd_.reset();
    at("manager.before_reply");
    (void)answer(reply);
    at("manager.replied");
    // The service has the processor; what follows is nobody's hurry.
    placement_.step_aside();
    if (init_.exists()) placement_.take_along(init_.pid);
    answered_us_ = now_us();
    if (init_.exists()) init_.board->trace.print();
    pass_on(reply.event == protocol::slot_event::failed);
    if (forks_ != nullptr) note_forks(reply);
    at("manager.reaped");
    placement_.scatter();
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
        std::array<pollfd, 2> wanted{
            pollfd{init_.control.get(), POLLIN, 0},
            pollfd{host_, POLLIN, 0}};
        if (::poll(wanted.data(), wanted.size(), next_timeout_ms()) < 0 && errno != EINTR) {
            const int poll_errno = errno;
            kill_run(reply);
            set_failure(reply, {setup_step::protocol, poll_errno});
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
    const long size = receive_event(init_, event, message, 0);
    if (is_valid(event, size, message.fd_count()) &&
        event.kind == protocol::init_event_kind::waits) {
        return;
    }
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
            has_fork_failed_ = event.fork_failed != 0;
            if (request.has_collect != 0 && event.wait_status == 0) collect(request, reply);
            is_over_ = true;
            return;
        default:
            set_failure(reply, note_failure(event));
            is_over_ = true;
    }
}

// A program that was not started has no end; a failure may come at any time.
bool run_supervisor::is_expected(protocol::init_event_kind kind) const {
    return kind == protocol::init_event_kind::failed ||
           (kind == protocol::init_event_kind::ended && init_.board->started_us != 0);
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
    started_us_ = init_.board->started_us;
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
    const std::int64_t left = request.cpu_us + init_.board->prepared_cpu_us - meter_.cpu_us();
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
    ::setsockopt(init_.control.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    long size = send_message(init_.control.get(), std::span(&order, 1), fds);
    if (size == 0) {
        size = message.receive(init_.control.get(), std::as_writable_bytes(std::span(&event, 1)));
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
    maker_.kill(init_);
    reply.wait_status = SIGKILL;
    const std::int64_t started = init_.board->started_us;
    reply.wall_us = started != 0 ? now_us() - started : 0;
    read_counters(reply, init_.board->prepared_cpu_us);
    is_over_ = true;
}

}  // namespace sluice::sandbox
