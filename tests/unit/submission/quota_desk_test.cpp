// What the desk of quotas decides and says; no server.
#include "quota_fakes.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::submission::testing {
namespace {

using std::chrono::milliseconds;

TEST_CASE("requests are counted until the rate is used up, and every answer says what is left") {
    desk_world w;
    w.settings.user.requests_per_second = 2;
    w.desk.change(w.settings);
    auto first = w.request();
    CHECK_FALSE(first.refused);
    CHECK(header(first.headers, "RateLimit-Limit") == "2");
    CHECK(header(first.headers, "RateLimit-Remaining") == "1");
    CHECK_FALSE(w.request().refused);
    const auto third = w.request();
    REQUIRE(third.refused);
    CHECK(third.refused->code == "too_many_requests");
    CHECK(third.refused->retry_after_seconds == 1);
}

TEST_CASE("without a limit on requests nobody is asked and nothing is said") {
    desk_world w;
    CHECK(w.request(true).headers.empty());
    CHECK(w.meter.asked.empty());
}

TEST_CASE("a key has a rate of its own beside its user's, and the narrower one is told") {
    desk_world w;
    w.settings.user.requests_per_second = 10;
    w.settings.key.requests_per_second = 1;
    w.desk.change(w.settings);
    const auto first = w.request(true);
    CHECK_FALSE(first.refused);
    CHECK(header(first.headers, "RateLimit-Limit") == "1");
    const auto second = w.request(true);
    REQUIRE(second.refused);
    CHECK(nlohmann::json::parse(second.refused->member_json)["scope"] == "key");
    CHECK_FALSE(w.request(false).refused);
}

TEST_CASE("an override goes over the configuration, zero takes the limit away") {
    desk_world w;
    w.settings.user.requests_per_second = 1;
    w.desk.change(w.settings);
    w.store.facts.overrides[quota::requests] = 0;
    for (int i = 0; i < 5; ++i)
        CHECK_FALSE(w.request().refused);
}

TEST_CASE("what is stored of a user is asked for once a second") {
    desk_world w;
    w.settings.user.requests_per_second = 100;
    w.desk.change(w.settings);
    w.request();
    w.request();
    CHECK(w.store.reads == 1);
    w.time.advance(milliseconds(1001));
    w.request();
    CHECK(w.store.reads == 2);
}

TEST_CASE("while the store is away the last known override holds") {
    desk_world w;
    w.settings.user.requests_per_second = 1;
    w.desk.change(w.settings);
    w.store.facts.overrides[quota::requests] = 3;
    w.request();
    w.store.is_away = true;
    w.time.advance(milliseconds(5000));
    CHECK(header(w.request().headers, "RateLimit-Limit") == "3");
}

TEST_CASE("used up processor time refuses work until tomorrow") {
    desk_world w;
    w.settings.user.cpu_seconds_per_day = 5;
    w.desk.change(w.settings);
    w.store.facts.user.cpu_us_today = 4'999'999;
    CHECK(w.admit().has_value());
    w.desk.forget("ada");
    w.store.facts.user.cpu_us_today = 5'000'000;
    const auto no = w.admit();
    REQUIRE_FALSE(no.has_value());
    CHECK(no.error().code == "quota_exceeded");
    CHECK(nlohmann::json::parse(no.error().member_json)["name"] == "cpu_seconds_per_day");
}

TEST_CASE("a full queue is nobody's quota") {
    desk_world w;
    w.queue.change_maximum(10);
    w.queue.queued(4);
    w.queue.held(6);
    const auto no = w.admit();
    REQUIRE_FALSE(no.has_value());
    CHECK(no.error().code == "queue_full");
    CHECK(no.error().retry_after_seconds > 0);
    w.queue.queued(3);
    CHECK(w.admit().has_value());
}

TEST_CASE("the register is told the limits, what is stored and the window") {
    desk_world w;
    w.settings.user.submissions_in_flight = 7;
    w.settings.user.stored_bytes = 1000;
    w.settings.window = 3;
    w.desk.change(w.settings);
    w.store.facts.user.stored_bytes = 400;
    w.flight.room = 2;
    const auto released = w.admit(5);
    REQUIRE(released.has_value());
    CHECK(*released == 2);
    CHECK(w.flight.rules.user.submissions_in_flight == 7);
    CHECK(w.flight.rules.stored_of_user == 400);
    CHECK(w.flight.rules.window == 3);
}

class scripted_uploads final : public usage_source {
public:
    awaitable<result<stored_sizes>> stored_bytes(quota_subject who) override {
        co_return stored_sizes{300, who.key ? 200 : 0};
    }
};

TEST_CASE("what is stored by a key is bounded by its own limit and by its user's") {
    desk_world w;
    scripted_uploads uploads;
    w.desk.add(uploads);
    w.store.facts.user.stored_bytes = 70;
    w.store.facts.key.stored_bytes = 5;
    const auto stored = [&w](bool with_key) {
        return sluice::testing::run_coro(w.io, [&]() -> awaitable<std::vector<quota_state>> {
            quota_subject who{"ada"};
            if (with_key) who.key = w.key;
            return w.desk.stored(std::move(who));
        });
    };
    CHECK(stored(true).empty());
    w.settings.user.stored_bytes = 1000;
    w.settings.key.stored_bytes = 400;
    w.desk.change(w.settings);
    CHECK(stored(false).size() == 1);
    const auto both = stored(true);
    REQUIRE(both.size() == 2);
    CHECK_FALSE(both[0].is_of_key);
    CHECK(both[0].used == 370);
    CHECK(both[1].is_of_key);
    CHECK(both[1].maximum == 400);
    CHECK(both[1].left() == 195);
}

TEST_CASE("while Redis is away submissions are let through") {
    desk_world w;
    w.settings.user.submissions_in_flight = 1;
    w.desk.change(w.settings);
    w.flight.is_away = true;
    const auto released = w.admit(5);
    REQUIRE(released.has_value());
    CHECK(*released == 5);
}

}  // namespace
}  // namespace sluice::submission::testing
