// The arithmetic of buckets, turns and days, and the words of a refusal; no server.
#include "quota_fakes.hpp"
#include "quotas/fair_order.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::submission::testing {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a bucket gives one second's worth at once and then the rate") {
    token_bucket bucket;
    steady_time now{std::chrono::hours(1)};
    for (int i = 0; i < 4; ++i)
        CHECK(bucket.take(4, 1, now).is_allowed);
    const auto refused = bucket.take(4, 1, now);
    CHECK_FALSE(refused.is_allowed);
    CHECK(refused.left == 0);
    CHECK(refused.until_next == milliseconds(250));
    CHECK(refused.until_full == milliseconds(1000));
    now += milliseconds(249);
    CHECK_FALSE(bucket.take(4, 1, now).is_allowed);
    now += milliseconds(2);
    CHECK(bucket.take(4, 1, now).is_allowed);
    CHECK_FALSE(bucket.take(4, 1, now).is_allowed);
}

TEST_CASE("a bucket never holds more than it is large, however long nobody asked") {
    token_bucket bucket;
    steady_time now{std::chrono::hours(1)};
    bucket.take(2, 1, now);
    now += std::chrono::hours(24);
    CHECK(bucket.take(2, 0, now).left == 2);
}

TEST_CASE("looking into a bucket takes nothing out of it") {
    token_bucket bucket;
    const steady_time now{std::chrono::hours(1)};
    bucket.take(3, 0, now);
    CHECK(bucket.take(3, 0, now).left == 3);
}

TEST_CASE("a lowered rate holds at once for a bucket that was fuller") {
    token_bucket bucket;
    steady_time now{std::chrono::hours(1)};
    bucket.take(100, 1, now);
    now += milliseconds(1);
    CHECK(bucket.take(2, 0, now).left == 2);
}

TEST_CASE("several queues are served in turn") {
    const std::vector<std::vector<int>> queues{{1, 2, 3, 4}, {10}, {20, 21}};
    CHECK(in_turn(queues) == std::vector<int>{1, 10, 20, 2, 21, 3, 4});
    CHECK(in_turn(std::vector<std::vector<int>>{}).empty());
}

TEST_CASE("the window is what is configured, or a small multiple of the slots") {
    CHECK(window_of(3, 100) == 3);
    CHECK(window_of(0, 0) == 8);
    CHECK(window_of(0, 2) == 8);
    CHECK(window_of(0, 16) == 64);
}

TEST_CASE("a day ends at midnight UTC") {
    const wall_time now = from_unix_ms(1'763'767'512'345);  // 2025-11-21T23:25:12.345Z
    CHECK(day_of(now) == "2025-11-21");
    CHECK(to_rfc3339(next_day(now)) == "2025-11-22T00:00:00.000Z");
    CHECK(seconds_until(next_day(now), now) == 2088);
    CHECK(seconds_until(now, now) == 1);
}

TEST_CASE("a refusal names the limit, what is left, and when it renews") {
    quota_state s;
    s.what = quota::cpu;
    s.maximum = 100;
    s.used = 130;
    const wall_time now = from_unix_ms(1'763'767'512'000);
    s.renews_at = next_day(now);
    const auto no = quota_exceeded(s, 1, now);
    CHECK(no.code == "quota_exceeded");
    CHECK(no.retry_after_seconds == 2088);
    CHECK(header(no.headers, "RateLimit-Limit") == "100");
    CHECK(header(no.headers, "RateLimit-Remaining") == "0");
    CHECK(header(no.headers, "RateLimit-Reset") == "2088");
    const auto said = nlohmann::json::parse(no.member_json);
    CHECK(said["name"] == "cpu_seconds_per_day");
    CHECK(said["scope"] == "user");
    CHECK(said["used"] == 130);
    CHECK(said["left"] == 0);
    CHECK(said["renews_at"] == "2025-11-22T00:00:00.000Z");
    CHECK(no.detail.find("seconds of processor time a day") != std::string::npos);
}

TEST_CASE("without a limit there is no maximum and nothing left of it") {
    const auto said = nlohmann::json::parse(state_json(quota_state{}));
    CHECK(said["maximum"].is_null());
    CHECK(said["left"].is_null());
}

}  // namespace
}  // namespace sluice::submission::testing
