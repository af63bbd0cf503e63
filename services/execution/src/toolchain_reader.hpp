// Reads the files of the installed languages once, before the first task: the page cache is charged
// to the cgroup of whoever reads a file first, and that must not be somebody's job.
#pragma once

#include "language_table.hpp"

#include "sluice/core/config.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::execution {

struct toolchain_config {
    byte_size max_bytes = 1_GiB;  // 0: read nothing
    std::chrono::milliseconds max_time{10000};
};
void describe(config_visitor& v, toolchain_config& c);

// What the available languages name: their commands, their toolchain_files, and the folder of what
// was prepared for their runs.
std::vector<std::string> toolchain_paths(
    const std::vector<domain::language>& catalogue,
    const std::vector<domain::language_availability>& availability
);

struct toolchain_report {
    std::int64_t files = 0;
    std::int64_t bytes = 0;
    bool is_complete = true;  // false: a bound ended it
    std::int64_t milliseconds = 0;
};

// Blocking. Folders are read with what is below them; what is missing or unreadable is skipped.
toolchain_report read_files(const std::vector<std::string>& paths, const toolchain_config& bounds);

}  // namespace sluice::execution
