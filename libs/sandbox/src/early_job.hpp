// The program's process, made before its command is known, in the time that nobody waits for: what
// the command does not decide (session, ids, Landlock) is done when it comes. The process reads the
// command itself, so that its coming wakes one process and not two, and unpacks the files, whose
// owner it is. A warm runtime (warm.hpp) is made of it as well. A terminal
// it leaves to init, whose files the devices must be, and ends: such a program is one pid higher.
#pragma once

#include "job.hpp"
#include "run_board.hpp"
#include "run_command.hpp"
#include "step_mounts.hpp"
#include "warm.hpp"

namespace sluice::sandbox {

class early_job final : public job_orders {
public:
    // `input`: an empty stdin. The references must outlive start().
    early_job(
        int control,
        int input,
        received_command& command,
        run_board& board,
        warm_runtime& warm,
        box_size expected
    )
        : control_(control)
        , input_(input)
        , command_(command)
        , board_(board)
        , warm_(warm)
        , expected_(expected) {}

    // Returns when the program is running. -1 when it is not: with spec.failure why, else `warm`
    // has what is a runtime now, the command is left to init, or none comes.
    pid_t start(job_spec& spec);
    // The command was received, by whichever process.
    bool has_command() const { return has_command_; }
    // The manager wants no run of this sandbox.
    bool is_over() const { return is_over_; }

    bool await(job_spec& spec) override;

private:
    bool is_runtime() const { return command_.request.verb == protocol::slot_verb::prepare; }

    int control_;
    int input_;
    received_command& command_;
    run_board& board_;
    warm_runtime& warm_;
    box_size expected_;
    bool has_command_ = false;
    bool is_over_ = false;
};

}  // namespace sluice::sandbox
