// Facts of a run + limits + expected output → status, pure. The order of the rules is the contract;
// each has a test.
#pragma once

#include "sluice/domain/submission.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::domain {

// The domain's own copy of what the sandbox measured (it may not see libs/sandbox).
struct exit_facts {
    std::optional<int> exit_code;
    std::optional<int> signal;
    bool wall_time_exceeded = false;
    bool cpu_time_exceeded = false;
    bool memory_exceeded = false;
    bool processes_exceeded = false;
    bool output_exceeded = false;
    bool file_size_exceeded = false;
    bool was_cancelled = false;
    bool idle_time_exceeded = false;
};

struct verdict {
    domain::status status = status::internal_error;
    limit_kind limit_hit = limit_kind::none;
};

// With match_mode::checker outputs are not compared here; classify_checker decides then.
verdict classify(
    const exit_facts& facts,
    const std::optional<std::string>& expected_output,
    std::string_view stdout_bytes,
    const matching& how = {}
);
// The compiler's run: compile_error, also when it hit a limit (limit_hit then says which); nullopt:
// it compiled.
std::optional<verdict> classify_compile(const exit_facts& facts);

// What a checker's own run says of the output that it was given: 0 is accepted, 1 is wrong_answer,
// anything else is the checker's failure and no verdict on the program: internal_error.
status classify_checker(const exit_facts& checker);

}  // namespace sluice::domain
