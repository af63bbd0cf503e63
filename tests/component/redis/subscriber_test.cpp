// Subscriptions, and what happens to them when the server is restarted.
#include "support.hpp"

#include "sluice/runtime/event.hpp"

namespace sluice::redis {
namespace {

using words = std::vector<std::string>;

// Collects what a subscriber hears.
struct ear {
    explicit ear(asio::io_context& io) : heard(io.get_executor()), gapped(io.get_executor()) {}
    subscriber::message_handler on_message() {
        return [this](std::string_view channel, std::string_view payload) {
            messages.emplace_back(std::string(channel), std::string(payload));
            heard.set();
        };
    }
    awaitable<void> wait(std::size_t count) {
        while (messages.size() < count) {
            heard.reset();
            need(co_await heard.wait(soon()));
        }
    }
    runtime::event heard;
    runtime::event gapped;
    std::vector<std::pair<std::string, std::string>> messages;
};

TEST_CASE("what is published after a subscription is heard, in order") {
    asio::io_context io;
    ear e(io);
    subscriber s(io.get_executor(), "test", test_config(), e.on_message(), [&] { e.gapped.set(); });
    client r(io.get_executor(), "test", test_config());
    testing::run_coro(io, [&]() -> awaitable<void> {
        need(co_await s.connect(soon()));
        need(co_await r.connect(soon()));
        const std::string a = fresh_name();
        const std::string b = fresh_name();
        need(co_await s.subscribe(a));
        need(co_await s.subscribe(b));
        need(co_await s.subscribe(a));
        for (int i = 0; i < 10; ++i) {
            words publish{"PUBLISH", i % 2 ? a : b, std::to_string(i)};
            CHECK(need(co_await r.command(publish)).integer == 1);
        }
        co_await e.wait(10);
        for (int i = 0; i < 10; ++i) {
            const auto at = static_cast<std::size_t>(i);
            CHECK(e.messages[at].first == (i % 2 ? a : b));
            CHECK(e.messages[at].second == std::to_string(i));
        }
        CHECK_FALSE(e.gapped.is_set());
        co_await s.close();
        co_await r.close();
    });
}

TEST_CASE("an unsubscribed channel falls silent") {
    asio::io_context io;
    ear e(io);
    subscriber s(io.get_executor(), "test", test_config(), e.on_message(), nullptr);
    client r(io.get_executor(), "test", test_config());
    testing::run_coro(io, [&]() -> awaitable<void> {
        need(co_await s.connect(soon()));
        need(co_await r.connect(soon()));
        const std::string a = fresh_name();
        const std::string b = fresh_name();
        need(co_await s.subscribe(a));
        s.unsubscribe(a);
        need(co_await s.subscribe(b));  // the answers come in order, so `a` is gone now
        words publish{"PUBLISH", a, "x"};
        CHECK(need(co_await r.command(publish)).integer == 0);
        co_await s.close();
        co_await r.close();
    });
}

TEST_CASE("after a restart channels are subscribed again before the gap is told") {
    const auto own = testing::start_redis();
    config c;
    c.url.value = own->url();
    asio::io_context io;
    ear e(io);
    subscriber s(io.get_executor(), "test", c, e.on_message(), [&] { e.gapped.set(); });
    client r(io.get_executor(), "test", c);
    testing::run_coro(io, [&]() -> awaitable<void> {
        need(co_await s.connect(soon()));
        need(co_await r.connect(soon()));
        need(co_await s.subscribe("channel"));
        own->kill_hard();
        own->restart();
        need(co_await e.gapped.wait(soon()));
        CHECK(s.is_connected());
        need(co_await r.connect(soon()));
        words publish{"PUBLISH", "channel", "after"};
        result<reply> sent = fail(errc::unavailable);
        for (int i = 0; i < 5 && !sent; ++i) {
            need(co_await r.connect(soon()));
            sent = co_await r.command(publish);
        }
        CHECK(need(sent).integer == 1);
        co_await e.wait(1);
        CHECK(e.messages[0].second == "after");
        co_await s.close();
        co_await r.close();
    });
}

TEST_CASE("subscribing while the server is away is unavailable") {
    asio::io_context io;
    config c;
    c.url.value = "redis://127.0.0.1:1";
    subscriber s(
        io.get_executor(),
        "test",
        c,
        [](std::string_view, std::string_view) {},
        nullptr
    );
    testing::run_coro(io, [&]() -> awaitable<void> {
        auto connected = co_await s.connect(deadline::in(std::chrono::milliseconds(100)));
        CHECK(connected.has_error());
        auto r = co_await s.subscribe("x");
        REQUIRE(r.has_error());
        CHECK(r.error() == errc::unavailable);
        co_await s.close();
    });
}

}  // namespace
}  // namespace sluice::redis
