// Which limits are in force: the client's, else the language's, else the operator's.
#include "sluice/domain/limits.hpp"

#include <algorithm>

namespace sluice::domain {
namespace {

constexpr std::size_t row_of(std::int64_t limits::*field) {
    for (std::size_t i = 0; i < limit_table.size(); ++i) {
        if (limit_table[i].field == field) return i;
    }
    return limit_table.size();
}

constexpr std::size_t wall_row = row_of(&limits::wall_time_ms);
static_assert(wall_row < limit_table.size());

}  // namespace

limit_policy limit_policy::from_table() {
    limit_policy policy{};
    for (std::size_t i = 0; i < limit_table.size(); ++i) {
        policy.defaults[i] = limit_table[i].default_value;
        policy.maxima[i] = limit_table[i].maximum;
    }
    return policy;
}

limits effective_limits(
    const requested_limits& requested,
    const requested_limits& of_language,
    const limit_policy& policy,
    std::vector<limit_problem>& problems
) {
    limits effective;
    for (std::size_t i = 0; i < limit_table.size(); ++i) {
        const auto& row = limit_table[i];
        // An operator may set a maximum below the table's minimum; the maximum then is the only
        // value.
        const auto maximum = policy.maxima[i];
        const auto minimum = std::min(row.minimum, maximum);
        const auto fallback = of_language.values[i].value_or(policy.defaults[i]);
        const auto wanted = requested.values[i].value_or(fallback);
        if (requested.values[i] && (wanted < minimum || wanted > maximum)) {
            problems.push_back({i, wanted, minimum, maximum});
        }
        effective.*row.field = std::clamp(wanted, minimum, maximum);
    }
    if (!requested.values[wall_row]) {
        const auto room = 3 * effective.cpu_time_ms + 1000;
        effective.wall_time_ms =
            std::min(std::max(effective.wall_time_ms, room), policy.maxima[wall_row]);
    }
    return effective;
}

}  // namespace sluice::domain
