// The part of validation that is about tests and how outputs are compared; validation.cpp calls it.
#pragma once

#include "sluice/domain/validation.hpp"

namespace sluice::domain {

void check_tests(
    const submit_request& request,
    const submission_bounds& bounds,
    std::vector<input_problem>& problems
);

std::vector<input_problem>
check_args(const std::vector<std::string>& args, const submission_bounds& bounds);

// Checks a program beside the submission's own as a submission of its own; what it finds is told
// below `path`.
std::optional<side_program> check_program(
    program_request program,
    const std::string& path,
    std::span<const language> catalogue,
    const limit_policy& policy,
    const submission_bounds& bounds,
    std::vector<input_problem>& problems
);

}  // namespace sluice::domain
