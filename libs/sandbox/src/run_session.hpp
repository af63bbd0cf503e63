// One run, seen from the service: reads the manager's replies and the two output pipes as they
// come, keeps the first bytes, and finishes when the manager says so and the pipes are empty.
#pragma once

#include "interaction.hpp"
#include "protocol.hpp"

#include "sluice/core/error.hpp"
#include "sluice/runtime/unique_fd.hpp"
#include "sluice/sandbox/run.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace sluice::sandbox {

// The read ends of a run's output, which come with the answer before it.
struct output_ends {
    unique_fd out, err;
};

class run_session : public std::enable_shared_from_this<run_session> {
public:
    // `manager` outlives the session's last handler (both belong to the slot).
    run_session(
        asio::posix::stream_descriptor& manager,
        const run_request& request,
        output_ends ends
    );

    // Before start(), for an interactive run.
    void interact(interaction_ends ends);
    void start();
    // Asks the manager to end the run; it answers as always.
    void kill(bool by_request);
    // The manager is gone or hangs: ends the session without an answer.
    void abandon(std::string why);

    // nullptr for a run that is not, or is over.
    interaction_session* interaction() { return is_over_ ? nullptr : interaction_.get(); }
    asio::steady_timer& done() { return done_; }  // cancelled when is_over
    bool is_over() const { return is_over_; }
    bool is_slot_usable() const { return is_slot_usable_; }
    // The outcome without artefacts; call once, after is_over.
    result<run_facts> take_outcome() { return std::move(outcome_); }
    // For the next run; call once, when the slot is usable.
    output_ends take_next_ends() { return std::move(next_ends_); }
    bool has_artefacts() const { return reply_.has_artefacts != 0; }

private:
    struct output {
        explicit output(asio::any_io_executor executor) : pipe(std::move(executor)) {}
        asio::posix::stream_descriptor pipe;
        std::string kept;
        bool is_truncated = false;
    };
    void await_reply();
    void on_reply();
    // False when it is not the read end of a pipe.
    bool start_output(output& o, stream which, unique_fd fd);
    void await_output(output& o, stream which);
    // False at the end of the pipe.
    bool read_available(output& o, stream which);
    void keep(output& o, stream which, std::string_view piece);
    void read_terminal(unique_fd master);
    void finish();
    run_facts facts();
    void end(result<run_facts> outcome);

    asio::posix::stream_descriptor& manager_;
    asio::steady_timer done_;
    const run_request& request_;
    output out_, err_;
    output_ends ends_, next_ends_;
    std::shared_ptr<interaction_session> interaction_;
    protocol::slot_reply reply_;
    result<run_facts> outcome_ = fail(errc::internal, "the run is not over");
    bool is_over_ = false;
    bool is_slot_usable_ = true;
    bool is_output_exceeded_ = false;
    bool is_kill_sent_ = false;
    bool was_killed_by_request_ = false;
};

}  // namespace sluice::sandbox
