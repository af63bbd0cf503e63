// What quotas decide and say, the arithmetic of buckets, whose turn it is, and what the use cases
// do with it; no server.
#include "fakes.hpp"
#include "quotas/fair_order.hpp"
#include "quotas/quota_desk.hpp"
#include "use_cases/accept_batch.hpp"
#include "use_cases/accept_submission.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::submission::testing {
namespace {

using std::chrono::milliseconds;

class scripted_store final : public quota_store {
public:
    awaitable<result<quota_facts>> read(quota_subject, std::string day) override {
        ++reads;
        days.push_back(std::move(day));
        if (is_away) co_return fail(errc::unavailable);
        co_return facts;
    }
    awaitable<result<void>> replace(user_id, quota_overrides values, std::vector<audit_entry>)
        override {
        facts.overrides = std::move(values);
        co_return result<void>();
    }
    quota_facts facts;
    std::vector<std::string> days;
    int reads = 0;
    bool is_away = false;
};

class scripted_flight final : public flight_register {
public:
    awaitable<result<flight_verdict>>
    begin(quota_subject, std::vector<admission_item> items, flight_rules r) override {
        rules = r;
        if (is_away) co_return fail(errc::unavailable);
        flight_verdict v;
        v.released = std::min(items.size(), room);
        if (exceeded) v.exceeded = exceeded;
        co_return v;
    }
    awaitable<result<void>> end(user_id, std::vector<submission_id> ids) override {
        ended.insert(ended.end(), ids.begin(), ids.end());
        co_return result<void>();
    }
    awaitable<result<flight_level>> level(quota_subject) override { co_return flight_level{}; }

    flight_rules rules;
    std::optional<quota_state> exceeded;
    std::size_t room = 1000;
    bool is_away = false;
    std::vector<submission_id> ended;
};

class scripted_meter final : public request_meter {
public:
    awaitable<std::vector<bucket_level>> take(std::vector<account> accounts, std::int64_t cost)
        override {
        asked = accounts;
        std::vector<bucket_level> out;
        for (const auto& each : accounts)
            out.push_back(buckets.take(each.whose, each.rate, cost, now));
        co_return out;
    }
    token_buckets buckets;
    steady_time now{};
    std::vector<account> asked;
};

struct desk_world {
    asio::io_context io;
    scripted_store store;
    scripted_flight flight;
    scripted_meter meter;
    fake_workers workers;
    fixed_clock time;
    queue_level queue{
        0,
        observe::metrics::instance().get_gauge("sluice_test_queued", "for a test"),
        observe::metrics::instance().get_gauge("sluice_test_held", "for a test")};
    quota_settings settings;
    quota_desk desk{store, flight, meter, queue, workers, time, settings};
    uuid key = uuid::random_v4();

    request_verdict request(bool with_key = false) {
        return sluice::testing::run_coro(io, [&]() -> awaitable<request_verdict> {
            quota_subject who{"ada"};
            if (with_key) who.key = key;
            return desk.request(std::move(who));
        });
    }
    outcome<std::size_t> admit(std::size_t count = 1, std::int64_t bytes = 10) {
        return sluice::testing::run_coro(io, [&]() -> awaitable<outcome<std::size_t>> {
            std::vector<admission_item> items(count);
            for (auto& item : items)
                item.bytes = bytes;
            quota_subject who{"ada"};
            return desk.admit({}, std::move(who), std::move(items));
        });
    }
};

std::string header(const std::vector<std::pair<std::string, std::string>>& all, const char* name) {
    for (const auto& [each, value] : all) {
        if (each == name) return value;
    }
    return "";
}

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

// ---- what the use cases make of it ----

class scripted_admission final : public admission_control {
public:
    awaitable<outcome<std::size_t>>
    admit(observe::context, quota_subject who, std::vector<admission_item> items) override {
        asked.push_back(items.size());
        subject = who;
        if (is_refusing) co_return reject("quota_exceeded", "no", 2);
        co_return std::min(items.size(), room);
    }
    awaitable<void> withdraw(user_id, std::vector<submission_id> ids) override {
        withdrawn += ids.size();
        co_return;
    }
    void held(const user_id& user) override { held_users.push_back(user); }
    void cancelled(const user_id&) override {}

    std::size_t room = 1000;
    bool is_refusing = false;
    std::vector<std::size_t> asked;
    quota_subject subject;
    std::size_t withdrawn = 0;
    std::vector<user_id> held_users;
};

submit_command hello(std::string key = "") {
    domain::submit_request r;
    r.language = "python3";
    r.files.push_back({"", "print(1)"});
    submit_command c;
    c.owner = "ada";
    c.correlation_id = sluice::correlation_id(uuid::random_v4());
    c.request = std::move(r);
    if (!key.empty()) c.idempotency = idempotency{std::move(key), "digest"};
    return c;
}

struct admission_world : world {
    scripted_admission admission;
    admission_world() { p.admission = &admission; }
    outcome<accepted_submission> submit(submit_command c) {
        return sluice::testing::run_coro(io, [&] {
            return accept_submission({}, p, std::move(c));
        });
    }
    outcome<accepted_batch> submit_batch(std::size_t size, std::string key = "") {
        batch_command c;
        c.owner = "ada";
        c.correlation_id = sluice::correlation_id(uuid::random_v4());
        if (!key.empty()) c.idempotency = idempotency{std::move(key), "digest"};
        for (std::size_t i = 0; i < size; ++i) {
            domain::submit_request r;
            r.language = "python3";
            r.files.push_back({"", "print(1)"});
            c.request.items.push_back(std::move(r));
        }
        return sluice::testing::run_coro(io, [&] { return accept_batch({}, p, std::move(c)); });
    }
};

TEST_CASE("what has no place in the queue is stored, announced and not published") {
    admission_world w;
    w.admission.room = 0;
    REQUIRE(w.submit(hello()).has_value());
    CHECK(w.queue.published.empty());
    CHECK(std::ranges::count(w.said, "announce") == 1);
    CHECK(w.admission.held_users == std::vector<user_id>{"ada"});
    CHECK(w.store.rows.size() == 1);
}

TEST_CASE("a refused submission is not stored") {
    admission_world w;
    w.admission.is_refusing = true;
    const auto no = w.submit(hello());
    REQUIRE_FALSE(no.has_value());
    CHECK(no.error().code == "quota_exceeded");
    CHECK(w.store.rows.empty());
}

TEST_CASE("a replay is answered as before although there is no room") {
    admission_world w;
    const auto first = w.submit(hello("key"));
    REQUIRE(first.has_value());
    w.admission.is_refusing = true;
    const auto again = w.submit(hello("key"));
    REQUIRE(again.has_value());
    CHECK(again->is_replay);
    CHECK(again->view.id == first->view.id);
}

TEST_CASE("a replay gives back the place that it was given") {
    admission_world w;
    REQUIRE(w.submit(hello("key")).has_value());
    CHECK(w.admission.withdrawn == 0);
    REQUIRE(w.submit(hello("key")).has_value());
    CHECK(w.admission.withdrawn == 1);
}

TEST_CASE("what could not be stored gives its place back") {
    admission_world w;
    w.store.is_away = true;
    CHECK_FALSE(w.submit(hello()).has_value());
    CHECK(w.admission.withdrawn == 1);
}

TEST_CASE("each of a batch counts, and only those with a place are published") {
    admission_world w;
    w.admission.room = 2;
    REQUIRE(w.submit_batch(5).has_value());
    CHECK(w.admission.asked == std::vector<std::size_t>{5});
    CHECK(w.queue.published.size() == 2);
    CHECK(std::ranges::count(w.said, "announce") == 3);
    REQUIRE(w.batches.rows.size() == 1);
    CHECK(w.batches.rows.front().released == 2);
}

TEST_CASE("a refused batch leaves nothing behind") {
    admission_world w;
    w.admission.is_refusing = true;
    CHECK_FALSE(w.submit_batch(5).has_value());
    CHECK(w.batches.rows.empty());
    CHECK(w.queue.published.empty());
}

}  // namespace
}  // namespace sluice::submission::testing
