// When the sweeper ends submissions, and when it had better not.
#include "overdue_sweeper.hpp"

#include "fakes.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::notification;
using namespace sluice::notification::testing;

namespace {

struct sweeping {
    asio::io_context io;
    world w;
    result<std::uint32_t> depth = 0U;
    runtime::event stop{io.get_executor()};
    overdue_sweeper sweeper{
        w.p,
        sweeper_config{},
        [this]() -> awaitable<result<std::uint32_t>> { co_return depth; },
        stop};

    explicit sweeping(int late) {
        for (int i = 0; i < late; ++i) {
            domain::submission_view v;
            v.id = some_id();
            v.user_id = "alice";
            w.store.late.push_back(v);
        }
    }
    std::size_t sweep() {
        return sluice::testing::run_coro(io, [&] { return sweeper.sweep(); });
    }
};

}  // namespace

TEST_CASE("an overdue submission is ended and its user is told") {
    sweeping s(1);
    CHECK(s.sweep() == 1);
    REQUIRE(s.w.events.sent.size() == 1);
    CHECK(s.w.events.sent[0].status == "internal_error");
}

TEST_CASE("more than one batch of overdue submissions is ended batch by batch") {
    sweeping s(450);
    CHECK(s.sweep() == 450);
    CHECK(s.w.store.store_calls == 3);
}

TEST_CASE("while results wait in the queue nobody is ended") {
    sweeping s(1);
    s.depth = 7U;
    CHECK(s.sweep() == 0);
    CHECK(s.w.store.rows.empty());
}

TEST_CASE("while the broker cannot be asked nobody is ended") {
    sweeping s(1);
    s.depth = fail(errc::unavailable);
    CHECK(s.sweep() == 0);
}

TEST_CASE("the first look goes back for the lookback and leaves the grace") {
    sweeping s(0);
    s.sweep();
    REQUIRE(s.w.store.asked.size() == 1);
    const sweeper_config c;
    CHECK(s.w.store.asked[0].second == s.w.time.now() - c.grace);
    CHECK(s.w.store.asked[0].first == s.w.time.now() - c.grace - c.lookback);
}

TEST_CASE("a later look covers only what became overdue since, and a little more") {
    sweeping s(0);
    s.sweep();
    const auto first_end = s.w.store.asked[0].second;
    s.w.time.advance(std::chrono::seconds(5));
    s.sweep();
    REQUIRE(s.w.store.asked.size() == 2);
    CHECK(s.w.store.asked[1].first < first_end);
    CHECK(s.w.store.asked[1].first >= first_end - std::chrono::minutes(2));
}

TEST_CASE("a look that failed is taken again in full") {
    sweeping s(0);
    s.depth = 1U;
    s.sweep();
    s.depth = 0U;
    s.sweep();
    REQUIRE(s.w.store.asked.size() == 1);
    CHECK(s.w.store.asked[0].first < s.w.time.now() - std::chrono::hours(24));
}

TEST_CASE("submissions that cannot be ended do not keep the sweeper busy for ever") {
    sweeping s(1);
    s.w.store.refused.insert(s.w.store.late[0].id);
    CHECK(s.sweep() == 0);
}
