// The twelve states of a submission and which may follow which. The strings are the same
// everywhere: REST, frames, rows, metric labels (design.md, "Names on the wire").
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace sluice::domain {

enum class status {
    queued,
    running,
    accepted,
    wrong_answer,
    compile_error,
    runtime_error,
    time_limit,
    memory_limit,
    output_limit,
    process_limit,
    cancelled,
    internal_error,
};
inline constexpr std::array all_statuses{
    status::queued,
    status::running,
    status::accepted,
    status::wrong_answer,
    status::compile_error,
    status::runtime_error,
    status::time_limit,
    status::memory_limit,
    status::output_limit,
    status::process_limit,
    status::cancelled,
    status::internal_error};

std::string_view to_string(status s);
std::optional<status> parse_status(std::string_view text);
bool is_terminal(status s);
// A state never moves back; a terminal state never changes.
bool may_follow(status from, status to);

// Which limit ended the run (or the one that the program ran into), named as in the limits table;
// none: null.
enum class limit_kind {
    none,
    cpu_time,
    wall_time,
    memory,
    processes,
    output,
    file,
    disk,
    inodes,
    open_files,
    stack,
    idle_time,  // interactive: no input and no output for so long
};
std::string_view to_string(limit_kind k
);  // "cpu_time_ms", "wall_time_ms", "memory_bytes", …; "" for none
std::optional<limit_kind> parse_limit_kind(std::string_view text);

}  // namespace sluice::domain
