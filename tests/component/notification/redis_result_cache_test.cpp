// Results for others like them in a real Redis: for a while, and so many.
#include "adapters/redis_result_cache.hpp"

#include "support.hpp"

#include "sluice/messages/topology.hpp"

using namespace sluice;
using namespace sluice::notification;
using namespace sluice::notification::real;

TEST_CASE("a result is kept under its key and for its time") {
    servers s;
    redis_result_cache cache(*s.redis, system_clock(), cache_config{});
    need(s.run([&] { return cache.keep("one", std::string("a\0b", 3)); }));
    CHECK(s.command({"GET", messages::keys::cached_result("one")}).text == std::string("a\0b", 3));
    const auto left = s.command({"PTTL", messages::keys::cached_result("one")}).integer;
    CHECK(left > 86'000'000);
    CHECK(left <= 86'400'000);
}

TEST_CASE("with too many the one that would end first goes") {
    servers s;
    s.command({"FLUSHDB"});
    cache_config settings;
    settings.max_entries = 2;
    settings.keep = std::chrono::hours(3);
    redis_result_cache cache(*s.redis, system_clock(), settings);
    need(s.run([&] { return cache.keep("late", "1"); }));
    settings.keep = std::chrono::hours(1);
    cache.change(settings);
    need(s.run([&] { return cache.keep("early", "2"); }));
    settings.keep = std::chrono::hours(2);
    cache.change(settings);
    need(s.run([&] { return cache.keep("middle", "3"); }));
    CHECK(s.command({"GET", messages::keys::cached_result("late")}).text == "1");
    CHECK(s.command({"GET", messages::keys::cached_result("early")}).is_nil());
    CHECK(s.command({"GET", messages::keys::cached_result("middle")}).text == "3");
    CHECK(s.command({"ZCARD", std::string(messages::keys::cache_index)}).integer == 2);
}

TEST_CASE("with no time or no size nothing is kept") {
    servers s;
    cache_config settings;
    CHECK(redis_result_cache(*s.redis, system_clock(), settings).largest() == 64 * 1024);
    settings.keep = std::chrono::milliseconds(0);
    CHECK(redis_result_cache(*s.redis, system_clock(), settings).largest() == 0);
}
