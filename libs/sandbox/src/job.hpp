// The last steps before the untrusted program: session, rlimits, identity, descriptors, exec.
#pragma once

#include "protocol.hpp"
#include "step.hpp"

#include <sys/types.h>

namespace sluice::sandbox {

struct job_spec {
    const protocol::slot_request* request;
    char* const* argv;
    char* const* envp;
    int input, output, errors;
    int landlock;               // the ruleset, or -1
    int control = -1;           // 3 in a warm runtime; -1: no descriptor but 0, 1 and 2
    step_error failure{};       // set by the child, which shares our memory until it executes
    bool is_complete = false;   // likewise: every step was taken, only exec is left
    bool has_terminal = false;  // input is one, and becomes the session's
};

// Returns when the program is running; -1 with spec.failure set when a step failed.
pid_t start_job(job_spec& spec);

}  // namespace sluice::sandbox
