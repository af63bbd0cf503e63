// What its owner wants of one submission, from the moment its task is taken until its run has
// ended: cancel at once, the rest in order as soon as the program runs. It also ends an interactive
// run that is silent for too long, and one that nobody watches any more when its owner asked for
// that.
#pragma once

#include "live_ports.hpp"
#include "ports.hpp"

#include "sluice/runtime/event.hpp"

#include <deque>
#include <optional>

namespace sluice::execution {

class run_control : public std::enable_shared_from_this<run_control> {
public:
    run_control(
        live_services& services,
        sandbox_runner& sandbox,
        const clock& time,
        const domain::task& task
    );

    // Begins to listen; returns when what was said so far is known.
    awaitable<void> open();
    void on_started(std::size_t slot);
    void on_output() { last_activity_ = time_.steady(); }
    // Nothing is left to be steered or to be idle; a cancel is still heard, for what comes after.
    void run_ended();
    // Nothing more is heard. Idempotent.
    void close();

    runtime::event& cancelled() { return cancelled_; }
    bool has_started() const { return has_started_; }
    bool is_idle_too_long() const { return is_idle_too_long_; }

private:
    void on_message(domain::control_message m);
    void kill();
    void attached(bool is_there);
    awaitable<void> watch_idle(std::shared_ptr<run_control> self);
    awaitable<void> watch_owner(std::shared_ptr<run_control> self);

    live_services& services_;
    sandbox_runner& sandbox_;
    const clock& time_;
    submission_id id_;
    bool is_interactive_;
    bool cancels_on_disconnect_;
    std::unique_ptr<control_feed> feed_;
    runtime::event cancelled_;
    runtime::event run_ended_;
    runtime::event owner_changed_;
    std::deque<domain::control_message> early_;
    std::optional<std::size_t> slot_;  // while the run is there
    steady_time last_activity_{};
    bool has_started_ = false;
    bool is_closed_ = false;
    bool is_idle_too_long_ = false;
    bool is_attached_ = false;
    bool watches_owner_ = false;
};

}  // namespace sluice::execution
