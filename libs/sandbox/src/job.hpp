// The last steps before the untrusted program: session, rlimits, identity, descriptors, exec.
#pragma once

#include "protocol.hpp"
#include "step.hpp"

#include <sys/types.h>

namespace sluice::sandbox {

struct job_spec;

// What a program's process waits for that is made before its command is known.
class job_orders {
public:
    virtual ~job_orders() = default;
    // Called in that process once it has the program's session and ids, with init's capabilities in
    // its permitted set, which is empty afterwards. It shares init's memory and descriptors. Blocks
    // until the command is there and completes `spec`; false: the process is not wanted, or
    // spec.failure says why it cannot be.
    virtual bool await(job_spec& spec) = 0;
};

struct job_spec {
    const protocol::slot_request* request;
    char* const* argv;
    char* const* envp;
    int input, output, errors;
    int landlock;                  // the ruleset, or -1
    int control = -1;              // 3 in a warm runtime; -1: no descriptor but 0, 1 and 2
    step_error failure{};          // set by the child, which shares our memory until it executes
    bool is_complete = false;      // likewise: every step was taken, only exec is left
    bool has_terminal = false;     // input is one, and becomes the session's
    job_orders* orders = nullptr;  // the rest of the above comes from there
    bool is_declined = false;      // set by the child: the orders did not want it
};

// Returns when the program is running; -1 with spec.failure set when a step failed, and without
// when its orders declined.
pid_t start_job(job_spec& spec);

}  // namespace sluice::sandbox
