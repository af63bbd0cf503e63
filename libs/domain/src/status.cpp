// Names of statuses and limits, and the order of states.
#include "sluice/domain/status.hpp"

#include <utility>

namespace sluice::domain {
namespace {

constexpr std::array<std::pair<status, std::string_view>, all_statuses.size()> status_names{{
    {status::queued, "queued"},
    {status::running, "running"},
    {status::accepted, "accepted"},
    {status::wrong_answer, "wrong_answer"},
    {status::compile_error, "compile_error"},
    {status::runtime_error, "runtime_error"},
    {status::time_limit, "time_limit"},
    {status::memory_limit, "memory_limit"},
    {status::output_limit, "output_limit"},
    {status::process_limit, "process_limit"},
    {status::cancelled, "cancelled"},
    {status::internal_error, "internal_error"},
}};

constexpr std::array<std::pair<limit_kind, std::string_view>, 12> limit_names{{
    {limit_kind::none, ""},
    {limit_kind::cpu_time, "cpu_time_ms"},
    {limit_kind::wall_time, "wall_time_ms"},
    {limit_kind::memory, "memory_bytes"},
    {limit_kind::processes, "processes"},
    {limit_kind::output, "output_bytes"},
    {limit_kind::file, "file_bytes"},
    {limit_kind::disk, "disk_bytes"},
    {limit_kind::inodes, "inodes"},
    {limit_kind::open_files, "open_files"},
    {limit_kind::stack, "stack_bytes"},
    {limit_kind::idle_time, "idle_time_ms"},
}};

// 0 queued, 1 running, 2 over.
int rank(status s) {
    if (s == status::queued) return 0;
    return s == status::running ? 1 : 2;
}

}  // namespace

std::string_view to_string(status s) {
    for (const auto& [value, name] : status_names) {
        if (value == s) return name;
    }
    return "internal_error";
}

std::optional<status> parse_status(std::string_view text) {
    for (const auto& [value, name] : status_names) {
        if (name == text) return value;
    }
    return std::nullopt;
}

bool is_terminal(status s) {
    return rank(s) == 2;
}

bool may_follow(status from, status to) {
    return rank(to) > rank(from);
}

std::string_view to_string(limit_kind k) {
    for (const auto& [value, name] : limit_names) {
        if (value == k) return name;
    }
    return "";
}

std::optional<limit_kind> parse_limit_kind(std::string_view text) {
    for (const auto& [value, name] : limit_names) {
        if (name == text) return value;
    }
    return std::nullopt;
}

}  // namespace sluice::domain
