// Every limit of a run, once: name, unit, default, bounds, meaning. The API, the docs, the OpenAPI
// document and the sandbox all read this table; an operator may lower or raise defaults and maxima
// in the configuration.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::domain {

struct limits {
    std::int64_t cpu_time_ms = 0;
    std::int64_t wall_time_ms = 0;
    std::int64_t memory_bytes = 0;
    std::int64_t processes = 0;
    std::int64_t output_bytes = 0;
    std::int64_t file_bytes = 0;
    std::int64_t disk_bytes = 0;
    std::int64_t inodes = 0;
    std::int64_t open_files = 0;
    std::int64_t stack_bytes = 0;
    friend bool operator==(const limits&, const limits&) = default;
};

struct limit_row {
    std::string_view name;
    std::int64_t limits::*field;
    std::int64_t default_value;
    std::int64_t minimum;
    std::int64_t maximum;
    std::string_view meaning;
};

inline constexpr std::array<limit_row, 10> limit_table{{
    {"cpu_time_ms",
     &limits::cpu_time_ms,
     2000,
     10,
     60'000,
     "processor time of all processes together, in milliseconds"},
    {"wall_time_ms", &limits::wall_time_ms, 10'000, 10, 300'000, "elapsed time, in milliseconds"},
    {"memory_bytes",
     &limits::memory_bytes,
     256 << 20,
     4 << 20,
     std::int64_t{2} << 30,
     "memory of all processes together, files in the working folder included"},
    {"processes", &limits::processes, 64, 1, 512, "processes and threads at the same time"},
    {"output_bytes",
     &limits::output_bytes,
     64 << 10,
     1,
     16 << 20,
     "bytes kept of stdout, and as many of stderr"},
    {"file_bytes",
     &limits::file_bytes,
     64 << 20,
     1,
     1 << 30,
     "size of the largest file it may write"},
    {"disk_bytes",
     &limits::disk_bytes,
     128 << 20,
     1 << 20,
     1 << 30,
     "all files in the working folder together"},
    {"inodes", &limits::inodes, 16'384, 16, 262'144, "number of files and folders"},
    {"open_files", &limits::open_files, 256, 8, 4096, "open file descriptors of one process"},
    {"stack_bytes", &limits::stack_bytes, 64 << 20, 64 << 10, 1 << 30, "stack of the main thread"},
}};

// What the client asked for: fields it left out are nullopt.
struct requested_limits {
    std::array<std::optional<std::int64_t>, limit_table.size()>
        values;  // in the order of limit_table
};

// Defaults and maxima in force: the table, changed by the operator's configuration.
struct limit_policy {
    std::array<std::int64_t, limit_table.size()> defaults;
    std::array<std::int64_t, limit_table.size()> maxima;
    static limit_policy from_table();
};

struct limit_problem {
    std::size_t row = 0;  // index into limit_table
    std::int64_t given = 0;
    std::int64_t minimum = 0;
    std::int64_t maximum = 0;
};

// requested > language's own default > policy default; `problems` gets each value out of bounds.
// When wall_time_ms is not given it is the default or three times the CPU limit plus one second,
// whichever is larger (capped by its maximum), so that a raised CPU limit is of use.
limits effective_limits(
    const requested_limits& requested,
    const requested_limits& of_language,
    const limit_policy& policy,
    std::vector<limit_problem>& problems
);

}  // namespace sluice::domain
