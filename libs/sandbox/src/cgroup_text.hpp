// Reading the kernel's cgroup files: pure functions over text, for both versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::sandbox {

// Where each hierarchy is mounted; empty when it is not.
struct cgroup_mounts {
    std::string memory, pids, cpuacct, cpu;  // version 1
    std::string unified;                     // version 2
};
// `mounts` is the text of /proc/self/mounts.
cgroup_mounts parse_cgroup_mounts(std::string_view mounts);

// Cuts the next piece off `text` at `separator`.
std::string_view next_piece(std::string_view& text, char separator);

// True when the space-separated list has the word ("cpu memory pids").
bool has_word(std::string_view list, std::string_view word);

// The value of "key 123" in a flat-keyed file (memory.events, cpu.stat, memory.oom_control).
std::optional<std::int64_t> keyed_value(std::string_view text, std::string_view key);
// The first number of the text; nullopt for "max".
std::optional<std::int64_t> first_number(std::string_view text);

// The path of this process in the unified hierarchy, out of /proc/self/cgroup ("0::/a/b").
std::optional<std::string> unified_path(std::string_view self_cgroup);
// The same in a version 1 hierarchy ("4:memory:/a/b").
std::optional<std::string>
controller_path(std::string_view self_cgroup, std::string_view controller);

}  // namespace sluice::sandbox
