// What is decided about a delivery, pure: its signature, whether an attempt counts, and when the
// next one is.
#pragma once

#include "webhook_ports.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sluice::notification {

struct webhook_retries {
    std::chrono::milliseconds first_pause{5000};
    std::chrono::milliseconds longest_pause{std::chrono::hours(1)};
    std::int64_t max_tries = 16;
    std::chrono::milliseconds max_age{std::chrono::hours(24)};
};

// "t=1700000000,v1=<hex>": HMAC-SHA256 of "<t>.<body>", one v1 for each secret.
std::string signature_of(
    std::span<const std::string> secrets,
    std::int64_t unix_seconds,
    std::string_view body
);

// The pause doubles, up to the longest, and loses up to a half of itself by `random`, so that what
// failed together does not come back together.
std::chrono::milliseconds
pause_after(std::int64_t tries, const webhook_retries& r, std::uint64_t random);

// 2xx is delivered, everything else is tried again until the tries or the time are used up.
webhook_verdict judge(
    const webhook_delivery& d,
    const webhook_answer& a,
    const webhook_retries& r,
    wall_time now,
    std::uint64_t random
);

}  // namespace sluice::notification
