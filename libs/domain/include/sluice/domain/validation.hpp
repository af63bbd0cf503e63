// All rules for what a client may submit, pure. Shapes (JSON types, unknown fields) are checked
// before, by libs/messages; here is what needs the catalogue and the limits.
#pragma once

#include "sluice/domain/language.hpp"
#include "sluice/domain/submission.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::domain {

struct input_problem {
    std::string field;
    std::string code;  // see http::field_problem
    std::string message;
    std::string allowed;
};

// Bounds on a submission beside the limits table, one place.
struct submission_bounds {
    std::size_t max_files = 256;
    std::size_t max_source_bytes = 4 << 20;  // all files together
    std::size_t max_stdin_bytes = 4 << 20;
    std::size_t max_args = 64;
    std::size_t max_arg_bytes = 4096;
    std::size_t max_env = 64;
    std::size_t max_env_bytes = 16 << 10;
    std::size_t max_expected_bytes = 4 << 20;
    std::size_t max_tests = 1000;
    std::size_t max_test_name_bytes = 128;
    // Names, inputs, arguments and expected outputs of all tests together.
    std::size_t max_tests_bytes = 8 << 20;
    std::size_t max_test_weight = 1'000'000;
    std::size_t max_comparison_rounds = 1000;
    std::size_t max_comparison_ms = 300'000;
};

// What is kept of what tests print, and how long they may take: bounds of the result, not of the
// request.
struct result_bounds {
    // stdout and stderr of all tests together; each of n tests keeps up to a 2n-th of each, at
    // least 256 bytes.
    std::size_t kept_test_output_bytes = 2 << 20;
    std::size_t kept_checker_output_bytes = 4096;    // for each test
    std::size_t kept_comparison_bytes = 1 << 20;     // of each text of the differing round
    std::int64_t longest_tests_ms = 20 * 60 * 1000;  // no test starts later: far below the time
                                                     // after which the broker takes a task back
};

// The language named by id or alias, or nullptr.
const language* find_language(std::span<const language> catalogue, std::string_view name);

// A task without id, correlation id, user and times, or every problem found (never only the first).
std::variant<task, std::vector<input_problem>> validate(
    submit_request request,
    std::span<const language> catalogue,
    const limit_policy& policy,
    const submission_bounds& bounds = {}
);

// The same for a comparison; the task's own program is `first`.
std::variant<task, std::vector<input_problem>> validate(
    comparison_request request,
    std::span<const language> catalogue,
    const limit_policy& policy,
    const submission_bounds& bounds = {}
);

// The problems of a part as those of the whole: "items[3]" + "source" = "items[3].source".
std::vector<input_problem> below(const std::string& path, std::vector<input_problem> problems);

// Rule for names of files: relative, no empty, "." or ".." segment, no NUL, no control characters,
// no backslash, at most 255 bytes.
bool is_safe_file_name(std::string_view name);

}  // namespace sluice::domain
