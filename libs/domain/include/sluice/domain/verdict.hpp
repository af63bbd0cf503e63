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

verdict classify(
    const exit_facts& facts,
    const std::optional<std::string>& expected_output,
    std::string_view stdout_bytes
);
// The compiler's run: compile_error, also when it hit a limit (limit_hit then says which); nullopt:
// it compiled.
std::optional<verdict> classify_compile(const exit_facts& facts);

// Equal but for white space at line ends and empty lines at the end (the usual judge rule).
bool output_matches(std::string_view expected, std::string_view actual);

}  // namespace sluice::domain
