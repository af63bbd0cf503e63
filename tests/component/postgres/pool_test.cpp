// Sharing, exhaustion, cancellation, and a server that goes away.
#include "support.hpp"

#include "sluice/runtime/gate.hpp"
#include "sluice/runtime/with_deadline.hpp"

namespace sluice::postgres {
namespace {

TEST_CASE("when all connections are held, the next caller is told so in time") {
    auto c = test_config(1);
    c.acquire_timeout = std::chrono::milliseconds(50);
    with_pool(c, [](pool& p) -> awaitable<void> {
        auto t = need(co_await p.begin());
        auto r = co_await p.query("SELECT 1");
        REQUIRE(r.has_error());
        CHECK(r.error() == errc::timeout);
        need(co_await t.commit());
        need(co_await p.query("SELECT 1"));
    });
}

TEST_CASE("those who wait are served in the order in which they came") {
    asio::io_context io;
    pool p(io.get_executor(), "test", test_config(1));
    runtime::gate children(io.get_executor(), [](const std::string&, std::exception_ptr e) {
        std::rethrow_exception(e);
    });
    std::vector<int> order;
    const auto child = [&](int number) -> awaitable<void> {
        need(co_await p.query("SELECT 1"));
        order.push_back(number);
    };
    testing::run_coro(io, [&]() -> awaitable<void> {
        need(co_await p.connect(soon()));
        auto t = need(co_await p.begin());
        for (int i = 0; i < 5; ++i)
            children.spawn("child", child(i));
        need(co_await t.query("SELECT pg_sleep(0.05)"));
        CHECK(order.empty());
        need(co_await t.commit());
        co_await children.close(std::chrono::seconds(5));
        co_await p.close();
    });
    CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("a cancelled query never leaves its answer to the next caller") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        auto cancelled = co_await runtime::with_deadline(
            deadline::in(std::chrono::milliseconds(20)),
            p.query("SELECT 1 AS n, pg_sleep(0.5)")
        );
        REQUIRE(cancelled.has_error());
        CHECK(cancelled.error() == errc::timeout);
        // The only connection is thrown away: at first there is none.
        need(co_await p.connect(soon()));
        auto r = need(co_await p.query("SELECT 2 AS n"));
        CHECK(r[0].integer("n") == 2);
    });
}

TEST_CASE("a connection that the server ends is noticed while idle and replaced") {
    with_pool(test_config(2), [](pool& p) -> awaitable<void> {
        auto t = need(co_await p.begin());
        auto mine = need(co_await t.query("SELECT pg_backend_pid() AS pid"));
        std::vector<param> params{mine[0].integer("pid")};
        // May wait for the second connection of the pool.
        auto gone = need(co_await t.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'sluice/test' AND pid <> $1",
            params
        ));
        need(co_await t.commit());
        for (int i = 0; i < 20; ++i) {
            auto r = co_await p.query("SELECT 1");
            CHECK(r.has_value());
        }
    });
}

TEST_CASE("while the server is away queries fail at once, and work again when it is back") {
    const auto own = testing::start_postgres();
    config c;
    c.url.value = own->url();
    c.pool_size = 2;
    with_pool(c, [&](pool& p) -> awaitable<void> {
        own->kill_hard();
        auto during = co_await p.query("SELECT 1");
        for (int i = 0; i < 5 && during; ++i)
            during = co_await p.query("SELECT 1");
        REQUIRE(during.has_error());
        CHECK(during.error() == errc::unavailable);
        own->restart();
        need(co_await p.connect(soon()));
        need(co_await p.query("SELECT 1"));
    });
}

TEST_CASE("connecting to nobody fails by the deadline with the reason") {
    asio::io_context io;
    config c;
    c.url.value = "postgresql://nobody:hidden@127.0.0.1:1/none";
    pool p(io.get_executor(), "test", c);
    testing::run_coro(io, [&]() -> awaitable<void> {
        auto r = co_await p.connect(deadline::in(std::chrono::milliseconds(200)));
        REQUIRE(r.has_error());
        CHECK(r.error() == errc::unavailable);
        CHECK(r.error().detail.find("hidden") == std::string::npos);
        CHECK_FALSE(p.is_connected());
        co_await p.close();
    });
}

TEST_CASE("a host name is looked up without libpq") {
    auto c = test_config(1);
    const auto at = c.url.value.find("127.0.0.1");
    REQUIRE(at != std::string::npos);
    c.url.value.replace(at, 9, "localhost");
    with_pool(c, [](pool& p) -> awaitable<void> { need(co_await p.query("SELECT 1")); });
}

}  // namespace
}  // namespace sluice::postgres
