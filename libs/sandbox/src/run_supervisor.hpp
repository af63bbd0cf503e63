// The manager's side of one run: keeps a prepared init, hands it the command, watches the clock and
// the counters, kills, and says what happened.
#pragma once

#include "cgroup.hpp"
#include "fd_message.hpp"
#include "fork_server.hpp"
#include "init_source.hpp"
#include "output_pipes.hpp"
#include "placement.hpp"
#include "protocol.hpp"
#include "run_board.hpp"
#include "run_init.hpp"
#include "small_io.hpp"
#include "step_mounts.hpp"
#include "warm_order.hpp"

#include <sys/types.h>

#include <cstddef>
#include <span>

namespace sluice::sandbox {

class run_supervisor {
public:
    // `source` makes the PID 1 of runs; nullptr: cloned from this process.
    run_supervisor(
        int host_socket,
        cgroup_meter& meter,
        std::span<run_board> boards,
        protocol::network reach,
        init_source* source = nullptr
    )
        : host_(host_socket)
        , meter_(meter)
        , maker_(meter, boards, reach, source)
        , source_(source) {}

    // Sends a reply with the read ends of the next run's pipes, which become the current ones.
    // False when the service is gone or there are none: the manager should end.
    bool answer(protocol::slot_reply& reply);
    // Answers a request that cannot be run.
    bool refuse(step_error why);
    // Makes the next sandbox ahead of its command. A failure is reported with the run that needs
    // it.
    void prewarm();
    // Starts the runtime in it when no request comes for the order's quiet time.
    void idle();
    // From now on every sandbox starts this runtime ahead of its command.
    void keep_warm(std::span<const std::byte> message, received_message& fds);
    void forget_warm();
    // Runs may be made by it; it outlives this.
    void use(fork_server& forks) {
        forks_ = &forks;
        maker_.make_jobs_late();
    }
    void serve_forks(std::span<const std::byte> message, received_message& fds);
    void forget_forks();
    // One run from request to reply. False when the service is gone and the manager should end.
    bool
    run(const protocol::slot_request& request, std::span<std::byte> message, received_message& fds);

private:
    void make_next();
    void pass_on(bool has_failed);
    void start_runtime();
    step_error hand_over(
        const protocol::slot_request& request,
        std::span<std::byte> message,
        received_message& fds
    );
    std::size_t add_forks(int forks, std::span<std::byte> message, std::span<int> fds) const;
    void note_forks(const protocol::slot_reply& reply);
    step_error why_it_ended();
    void meet_job();
    bool get_ahead();
    step_error note_failure(const protocol::init_event& event);
    void supervise(const protocol::slot_request& request, protocol::slot_reply& reply);
    void note_start(const protocol::slot_request& request);
    void take_init_event(const protocol::slot_request& request, protocol::slot_reply& reply);
    bool is_expected(protocol::init_event_kind kind) const;
    void take_host_message(protocol::slot_reply& reply);
    void check_time(const protocol::slot_request& request, protocol::slot_reply& reply);
    int next_timeout_ms() const;
    std::int64_t next_check_us(std::int64_t from, std::int64_t left) const;
    void collect(const protocol::slot_request& request, protocol::slot_reply& reply);
    void kill_run(protocol::slot_reply& reply);
    void read_counters(protocol::slot_reply& reply, std::int64_t init_cpu_us);
    step_error make_next_pipes();

    int host_;
    cgroup_meter& meter_;
    init_maker maker_;
    init_source* source_;
    run_init init_;    // of this run or, between runs, of the next
    run_init next_;    // made while a run goes on
    run_init ending_;  // of the last run
    placement placement_;
    output_pipes pipes_, next_pipes_;
    owned_fd collect_fd_;
    box_size box_{128 << 20, 16384};
    warm_order warm_;
    fork_server* forks_ = nullptr;
    bool is_forked_ = false;  // the current run's program, if the server can
    bool has_fork_failed_ = false;
    bool is_host_gone_ = false;
    step_error known_failure_;  // of the prepared init, read ahead of the run that meets it
    bool is_worn_out_ = false;  // what this slot needs cannot be had any more

    // State of the current run.
    bool is_started_ = false;
    bool is_over_ = false;
    std::int64_t setup_deadline_us_ = 0;
    std::int64_t deadline_us_ = 0;
    std::int64_t cpu_check_us_ = 0;
    std::int64_t started_us_ = 0;
    bool is_next_due_ = false;
    std::int64_t answered_us_ = 0;  // the last run
};

}  // namespace sluice::sandbox
