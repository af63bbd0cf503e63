// See limits.hpp.
#include "limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::submission {
namespace {

// What is in flight ends, and what is stored is deleted, when nobody can tell; then is soon enough.
constexpr int in_flight_retry_seconds = 2;
constexpr int stored_retry_seconds = 60;
constexpr std::int64_t ms_per_day = 86'400'000;

int retry_seconds(const quota_state& s, wall_time now) {
    if (s.renews_at) return seconds_until(*s.renews_at, now);
    return s.what == quota::in_flight ? in_flight_retry_seconds : stored_retry_seconds;
}

std::string unit_of(quota q) {
    switch (q) {
        case quota::requests:
            return "requests per second";
        case quota::in_flight:
            return "submissions in flight";
        case quota::cpu:
            return "seconds of processor time a day";
        case quota::stored:
            return "bytes stored";
    }
    return {};
}

std::string renewal_of(const quota_state& s) {
    if (s.what == quota::in_flight) return "it renews as submissions end";
    if (s.what == quota::stored) return "it renews as things are deleted";
    return s.renews_at ? "it renews at " + to_rfc3339(*s.renews_at) : std::string();
}

}  // namespace

std::string_view name_of(quota q) {
    switch (q) {
        case quota::requests:
            return "requests_per_second";
        case quota::in_flight:
            return "submissions_in_flight";
        case quota::cpu:
            return "cpu_seconds_per_day";
        case quota::stored:
            return "stored_bytes";
    }
    return "";
}

std::optional<quota> parse_quota(std::string_view name) {
    for (const quota q : all_quotas) {
        if (name_of(q) == name) return q;
    }
    return std::nullopt;
}

std::int64_t quota_limits::of(quota q) const {
    switch (q) {
        case quota::requests:
            return requests_per_second;
        case quota::in_flight:
            return submissions_in_flight;
        case quota::cpu:
            return cpu_seconds_per_day;
        case quota::stored:
            return stored_bytes;
    }
    return 0;
}

void quota_limits::set(quota q, std::int64_t value) {
    switch (q) {
        case quota::requests:
            requests_per_second = value;
            break;
        case quota::in_flight:
            submissions_in_flight = value;
            break;
        case quota::cpu:
            cpu_seconds_per_day = value;
            break;
        case quota::stored:
            stored_bytes = value;
            break;
    }
}

quota_limits with(quota_limits defaults, const quota_overrides& changed) {
    for (const auto& [what, value] : changed)
        defaults.set(what, value);
    return defaults;
}

wall_time next_day(wall_time now) {
    return from_unix_ms((unix_ms(now) / ms_per_day + 1) * ms_per_day);
}

std::string day_of(wall_time now) {
    return to_rfc3339(now).substr(0, 10);
}

int seconds_until(wall_time then, wall_time now) {
    const std::int64_t ms = unix_ms(then) - unix_ms(now);
    return static_cast<int>(std::max<std::int64_t>(1, (ms + 999) / 1000));
}

std::string state_json(const quota_state& s) {
    nlohmann::ordered_json j;
    j["name"] = name_of(s.what);
    j["scope"] = s.is_of_key ? "key" : "user";
    j["maximum"] = nullptr;
    j["used"] = s.used;
    j["left"] = nullptr;
    j["renews_at"] = nullptr;
    if (s.maximum > 0) {
        j["maximum"] = s.maximum;
        j["left"] = s.left();
    }
    if (s.renews_at) j["renews_at"] = to_rfc3339(*s.renews_at);
    return j.dump();
}

std::vector<std::pair<std::string, std::string>>
rate_limit_headers(const quota_state& s, int reset_seconds) {
    return {
        {"RateLimit-Limit", std::to_string(s.maximum)},
        {"RateLimit-Remaining", std::to_string(s.left())},
        {"RateLimit-Reset", std::to_string(reset_seconds)}};
}

rejection quota_exceeded(const quota_state& s, std::int64_t wanted, wall_time now) {
    const int retry = retry_seconds(s, now);
    std::string detail = s.is_of_key ? "this API key may have " : "you may have ";
    detail += std::to_string(s.maximum) + " " + unit_of(s.what) + "; ";
    detail += std::to_string(s.left()) + " left, " + std::to_string(wanted) + " wanted; ";
    detail += renewal_of(s);
    rejection no = reject(
        s.what == quota::requests ? "too_many_requests" : "quota_exceeded",
        std::move(detail),
        retry
    );
    no.headers = rate_limit_headers(s, retry);
    no.member_name = "quota";
    no.member_json = state_json(s);
    return no;
}

}  // namespace sluice::submission
