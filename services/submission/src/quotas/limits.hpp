// What a user, or an API key, may use up, and what is said when it is used up. Pure.
#pragma once

#include "../rejection.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/core/ids.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

enum class quota { requests, in_flight, cpu, stored };
inline constexpr std::array<quota, 4> all_quotas{
    quota::requests,
    quota::in_flight,
    quota::cpu,
    quota::stored};
std::string_view name_of(quota q);  // "requests_per_second", …
std::optional<quota> parse_quota(std::string_view name);

// 0: no limit.
struct quota_limits {
    std::int64_t requests_per_second = 0;
    std::int64_t submissions_in_flight = 0;
    std::int64_t cpu_seconds_per_day = 0;
    std::int64_t stored_bytes = 0;

    std::int64_t of(quota q) const;
    void set(quota q, std::int64_t value);
};

using quota_overrides = std::map<quota, std::int64_t>;
quota_limits with(quota_limits defaults, const quota_overrides& changed);

// Who uses it up: a user, perhaps by one of his API keys.
struct quota_subject {
    user_id user;
    std::optional<uuid> key = std::nullopt;
};

struct quota_state {
    quota what = quota::requests;
    bool is_of_key = false;
    std::int64_t maximum = 0;  // 0: no limit
    std::int64_t used = 0;
    std::optional<wall_time> renews_at = std::nullopt;  // nullopt: as things end or are deleted

    std::int64_t left() const { return used >= maximum ? 0 : maximum - used; }
};

// The first moment of the next day in UTC.
wall_time next_day(wall_time now);
std::string day_of(wall_time now);  // "2026-11-21"
// Whole seconds, rounded up, at least one.
int seconds_until(wall_time then, wall_time now);

// "maximum" and "left" are null without a limit, "renews_at" is null when it renews as work ends.
std::string state_json(const quota_state& s);
// RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset.
std::vector<std::pair<std::string, std::string>>
rate_limit_headers(const quota_state& s, int reset_seconds);

// 429 in words, numbers and headers. `wanted`: how much was asked for.
rejection quota_exceeded(const quota_state& s, std::int64_t wanted, wall_time now);

}  // namespace sluice::submission
