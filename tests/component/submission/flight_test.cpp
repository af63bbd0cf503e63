// What is in flight, and how many requests came, by the scripts in a real Redis.
#include "quota_support.hpp"

namespace sluice::submission::testing {
namespace {

TEST_CASE("no more are in flight than the limit says, and all of a batch or none") {
    quota_world w;
    w.run_both([&]() -> awaitable<void> {
        auto rules = w.rules();
        rules.user.submissions_in_flight = 3;
        const auto first = some_id();
        CHECK_FALSE((co_await w.begin(ids(first, some_id()), rules)).exceeded);
        const auto no = co_await w.begin(ids(some_id(), some_id()), rules);
        REQUIRE(no.exceeded);
        CHECK(no.exceeded->what == quota::in_flight);
        CHECK(no.exceeded->used == 2);
        CHECK(no.exceeded->left() == 1);
        CHECK((co_await w.level_of()).user == 2);
        co_await w.end(first);
        CHECK_FALSE((co_await w.begin(ids(some_id(), some_id()), rules)).exceeded);
    });
}

TEST_CASE("an API key has a limit of its own within its user's") {
    quota_world w;
    const uuid key = uuid::random_v4();
    w.run_both([&]() -> awaitable<void> {
        auto rules = w.rules();
        rules.key.submissions_in_flight = 1;
        const auto id = some_id();
        CHECK_FALSE((co_await w.begin(ids(id), rules, key)).exceeded);
        const auto no = co_await w.begin(ids(some_id()), rules, key);
        REQUIRE(no.exceeded);
        CHECK(no.exceeded->is_of_key);
        CHECK_FALSE((co_await w.begin(ids(some_id()), rules)).exceeded);
        co_await w.end(id);
        CHECK_FALSE((co_await w.begin(ids(some_id()), rules, key)).exceeded);
        const auto level = co_await w.level_of(key);
        CHECK(level.user == 2);
        CHECK(level.key == 1);
        CHECK(level.key_bytes == 100);
    });
}

TEST_CASE("what is in flight counts as stored beside what is kept") {
    quota_world w;
    w.run_both([&]() -> awaitable<void> {
        auto rules = w.rules();
        rules.user.stored_bytes = 1000;
        rules.stored_of_user = 800;
        const auto id = some_id();
        CHECK_FALSE((co_await w.begin(ids(id), rules)).exceeded);
        const auto no = co_await w.begin(ids(some_id(), some_id()), rules);
        REQUIRE(no.exceeded);
        CHECK(no.exceeded->what == quota::stored);
        CHECK(no.exceeded->used == 900);
        co_await w.end(id);
        CHECK((co_await w.level_of()).user_bytes == 0);
    });
}

TEST_CASE("ending twice, or what never began, changes no sum") {
    quota_world w;
    w.run_both([&]() -> awaitable<void> {
        const auto id = some_id();
        co_await w.begin(ids(id, some_id()), w.rules());
        co_await w.end(id);
        co_await w.end(id);
        co_await w.end(some_id());
        const auto level = co_await w.level_of();
        CHECK(level.user == 1);
        CHECK(level.user_bytes == 100);
    });
}

TEST_CASE("a place in the window goes to the first, and nobody overtakes what waits") {
    quota_world w;
    w.window = 2;
    w.run_both([&]() -> awaitable<void> {
        const auto first = some_id();
        CHECK((co_await w.begin(ids(first), w.rules())).released == 1);
        CHECK((co_await w.begin(ids(some_id(), some_id(), some_id()), w.rules())).released == 1);
        co_await w.end(first);
        // There is a place, but two are waiting for it.
        CHECK((co_await w.begin(ids(some_id()), w.rules())).released == 0);
    });
}

TEST_CASE("requests are let through by the rate, for all together") {
    quota_world w;
    redis_meter other(w.client, system_clock());
    w.run_both([&]() -> awaitable<void> {
        std::vector<request_meter::account> one{{"user:" + w.user, 2}};
        CHECK((co_await w.meter.take(one, 1)).front().is_allowed);
        CHECK((co_await other.take(one, 1)).front().is_allowed);
        const auto no = co_await w.meter.take(one, 1);
        // A slow machine may have earned a token meanwhile, not two.
        const auto again = co_await other.take(one, 1);
        CHECK_FALSE((no.front().is_allowed && again.front().is_allowed));
        CHECK(again.front().until_next.count() <= 500);
    });
}

TEST_CASE("a request that one bucket refuses takes nothing from the other") {
    quota_world w;
    w.run_both([&]() -> awaitable<void> {
        std::vector<request_meter::account> both{{"user:" + w.user, 1000}, {"key:" + w.user, 1}};
        static_cast<void>(co_await w.meter.take(both, 1));
        const auto levels = co_await w.meter.take(both, 1);
        CHECK_FALSE(levels[1].is_allowed);
        CHECK(levels[0].left >= 999);
    });
}

TEST_CASE("while Redis is away this process counts by itself") {
    quota_world w;
    w.run([&]() -> awaitable<void> {  // the client is never connected
        std::vector<request_meter::account> one{{"user:" + w.user, 1}};
        CHECK((co_await w.meter.take(one, 1)).front().is_allowed);
        CHECK_FALSE((co_await w.meter.take(one, 1)).front().is_allowed);
        co_await w.client.close();
    });
}

}  // namespace
}  // namespace sluice::submission::testing
