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

// Rule for names of files: relative, no empty, "." or ".." segment, no NUL, no control characters,
// no backslash, at most 255 bytes.
bool is_safe_file_name(std::string_view name);

}  // namespace sluice::domain
