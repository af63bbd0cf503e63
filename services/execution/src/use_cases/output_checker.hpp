// A checker: the client's own program that decides whether an output is right. It is as untrusted
// as every program and runs in the sandbox, with the test's input, the program's output and the
// expected output as files whose names are its arguments.
#pragma once

#include "use_cases/program.hpp"

namespace sluice::execution {

struct checked {
    domain::status status = domain::status::internal_error;
    std::string said;     // what the checker printed, bounded
    std::string message;  // with internal_error: how the checker failed
};

// What the checker's arguments begin with.
std::vector<std::string> checker_arguments();

// Runs the compiled checker. An error is the sandbox's.
awaitable<result<checked>> check_output(
    observe::context ctx,
    execution_ports& ports,
    runnable& checker,
    worker_slots::lease& slot,
    const std::string& input,
    const std::string& output,
    const std::string& expected
);

}  // namespace sluice::execution
