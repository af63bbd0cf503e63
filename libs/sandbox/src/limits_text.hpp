// The text of /proc/<pid>/limits (proc(5)): a name, its soft and its hard limit in columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::sandbox {

struct two_limits {
    std::uint64_t soft, hard;  // RLIM_INFINITY for "unlimited"
};

// nullopt when there is no such line or it does not hold two limits.
std::optional<two_limits> limits_in(std::string_view text, std::string_view name);

}  // namespace sluice::sandbox
