// Time as a port: production reads the kernel, tests move it by hand (libs/testing manual_clock).
// Wall-clock times are milliseconds since the Unix epoch and printed as RFC 3339 in UTC.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;
using steady_time = std::chrono::steady_clock::time_point;

class clock {
public:
    virtual ~clock() = default;
    virtual wall_time now() const = 0;       // may jump; for people and rows
    virtual steady_time steady() const = 0;  // never jumps; for deadlines
};

// The process-wide real clock.
const clock& system_clock();

// "2026-11-21T03:46:01.250Z". Always milliseconds, always Z (design.md, "Names on the wire").
std::string to_rfc3339(wall_time t);
// Accepts any RFC 3339 offset and fraction; truncates to milliseconds.
std::optional<wall_time> parse_rfc3339(std::string_view text);

inline std::int64_t unix_ms(wall_time t) {
    return t.time_since_epoch().count();
}
inline wall_time from_unix_ms(std::int64_t ms) {
    return wall_time(std::chrono::milliseconds(ms));
}

}  // namespace sluice
