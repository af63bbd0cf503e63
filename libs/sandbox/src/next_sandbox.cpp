// What a manager does while nobody waits for it: the next sandbox is made, its process met,
// counters are noted, runtimes and fork servers are started, and what the last run left is reaped.
#include "message_check.hpp"
#include "run_supervisor.hpp"
#include "trace.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>

namespace sluice::sandbox {

namespace {

// A clone leaves every page to be copied at the next write: those of the stack that a run will want
// are copied now, when nobody waits.
[[gnu::noinline]] void take_pages_back() {
    constexpr std::size_t page = 4096;
    volatile char used[4 * page];
    for (std::size_t at = 0; at < sizeof used; at += page)
        used[at] = 0;
}

}  // namespace

// What fails here is missed by the run, which then starts cold.
void run_supervisor::start_runtime() {
    const warm_order::budget budget = warm_.waiting_budget();
    meter_.select(init_.pid, {});
    if (meter_.begin(budget.memory_bytes, budget.processes, false)) return;
    init_.has_runtime = warm_.send(init_.control.get());
}

void run_supervisor::prewarm() {
    if (!init_.exists()) {
        (void)maker_.make(init_, pipes_, box_);
        take_pages_back();
    }
    if (init_.exists()) trace_into(init_.board->trace);
}

void run_supervisor::idle() {
    // Without a quiet time every run finds a runtime, whatever it has to wait for.
    if (warm_.is_set() && warm_.quiet_ms() == 0) maker_.finish(ending_);
    while (ending_.exists()) {
        std::array<pollfd, 2> wanted{
            pollfd{host_, POLLIN, 0},
            pollfd{ending_.end.get(), POLLIN, 0}};
        if (::poll(wanted.data(), wanted.size(), -1) > 0 && wanted[0].revents != 0) return;
        if (wanted[1].revents != 0) maker_.finish(ending_);
    }
    if (!init_.exists() || init_.has_runtime) return;
    const bool is_quiet = get_ahead();
    if (!warm_.is_set()) return;
    pollfd request{host_, POLLIN, 0};
    const int quiet_ms = warm_.quiet_ms();
    if (quiet_ms == 0 || (is_quiet && ::poll(&request, 1, quiet_ms) == 0)) start_runtime();
}

// What a run would otherwise have to wait for. False: a request has come.
bool run_supervisor::get_ahead() {
    if (init_.job < 0 && maker_.makes_jobs_ahead()) {
        std::array<pollfd, 2> wanted{
            pollfd{host_, POLLIN, 0},
            pollfd{init_.control.get(), POLLIN, 0}};
        if (::poll(wanted.data(), wanted.size(), -1) < 0 || wanted[0].revents != 0) return false;
        meet_job();
    }
    // A fork server that starts meanwhile would count as the run's.
    if (forks_ != nullptr) return true;
    meter_.select(init_.pid, {});
    meter_.look_ahead();
    return true;
}

void run_supervisor::keep_warm(std::span<const std::byte> message, received_message& fds) {
    // The next run may need a higher limit than a runtime that rlimits hold could ever be given.
    if (!meter_.has_cgroup()) return;
    if (init_.has_runtime) maker_.finish(init_);
    warm_.set(message, fds);
}

void run_supervisor::forget_warm() {
    if (init_.has_runtime) maker_.finish(init_);
    warm_.clear();
}

void run_supervisor::serve_forks(std::span<const std::byte> message, received_message& fds) {
    if (forks_ == nullptr) return;
    meter_.make_room();
    forks_->set(message, fds);
}

void run_supervisor::forget_forks() {
    if (forks_ != nullptr) forks_->clear();
}

// While the run goes on, and only in a slot that is asked for one run after the other: elsewhere
// the time after the answer is free, and the program has the machine to itself.
void run_supervisor::make_next() {
    if (!is_next_due_) return;
    at("manager.begins_next");
    placement_.step_aside();
    at("manager.aside");
    if (!next_pipes_.out_read && make_next_pipes()) next_pipes_ = {};
    at("manager.made_pipes");
    // A failure is left to the time after the answer; the program's limit takes the place back.
    if (!next_pipes_.out_read || maker_.make(next_, next_pipes_, box_)) meter_.forgo_next();
    at("manager.cloned_next");
    take_pages_back();
    at("manager.made_next");
    placement_.come_back();
}

// After the answer: nobody waits for the end of the namespaces.
void run_supervisor::pass_on(bool has_failed) {
    meter_.settle();
    maker_.finish(ending_);
    // Of a run that failed something may still be running, which must not count as the next one's.
    if (has_failed || !next_.exists()) {
        maker_.finish(init_);
        if (!next_pipes_.out_read && make_next_pipes()) next_pipes_ = {};
    } else {
        init_.control.reset();
        ending_ = std::move(init_);
    }
    init_ = std::move(next_);
    next_ = {};
}

// Learns who waits for the command in the prepared sandbox, if it is that far.
void run_supervisor::meet_job() {
    protocol::init_event event;
    received_message message;
    const long size = receive_event(init_, event, message, MSG_DONTWAIT);
    if (!is_valid(event, size, message.fd_count())) return;
    if (event.kind == protocol::init_event_kind::waits) {
        init_.job = message.sender();
    } else {
        known_failure_ = note_failure(event);
    }
}

step_error run_supervisor::make_next_pipes() {
    return next_pipes_.make(source_ != nullptr ? source_->job_uid() : protocol::job_uid);
}

// A server that a run was waiting for when it came to nothing is not trusted with the next one.
void run_supervisor::note_forks(const protocol::slot_reply& reply) {
    const bool has_failed =
        has_fork_failed_ || (is_forked_ && reply.event == protocol::slot_event::failed);
    if (is_forked_ ? !forks_->note_run(has_failed) : !forks_->is_missing()) return;
    meter_.make_room();
    forks_->start();
}

}  // namespace sluice::sandbox
