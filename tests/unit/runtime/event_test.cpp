// The flag that coroutines wait for, and the pool for what blocks.
#include "sluice/runtime/event.hpp"

#include "sluice/runtime/blocking_pool.hpp"
#include "sluice/testing/run_coro.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <thread>

using namespace std::chrono_literals;
using sluice::awaitable;
using sluice::deadline;
using sluice::errc;
using sluice::asio::io_context;
using sluice::runtime::event;
using sluice::testing::run_coro;

TEST_CASE("a set event lets a waiter through at once") {
    io_context io;
    event e(io.get_executor());
    e.set();
    CHECK(run_coro(io, [&] { return e.wait(); }));
}

TEST_CASE("setting an event wakes every waiter") {
    io_context io;
    event e(io.get_executor());
    int woken = 0;
    const auto wait_one = [&]() -> awaitable<void> {
        const auto r = co_await e.wait();
        if (r) ++woken;
    };
    for (int i = 0; i < 3; ++i) {
        sluice::asio::co_spawn(io, wait_one(), [](std::exception_ptr) {});
    }
    sluice::asio::post(io, [&] { e.set(); });
    io.run();
    CHECK(woken == 3);
}

TEST_CASE("a wait ends with timeout at its deadline") {
    io_context io;
    event e(io.get_executor());
    const auto r = run_coro(io, [&] { return e.wait(deadline::in(5ms)); });
    REQUIRE_FALSE(r);
    CHECK(r.error() == errc::timeout);
}

TEST_CASE("an event that is reset makes the next waiter wait") {
    io_context io;
    event e(io.get_executor());
    e.set();
    e.reset();
    const auto r = run_coro(io, [&] { return e.wait(deadline::in(5ms)); });
    CHECK_FALSE(r);
}

TEST_CASE("a waiter that was woken counts as woken though the event is reset before its turn") {
    io_context io;
    event e(io.get_executor());
    const auto wait = [&]() -> awaitable<bool> {
        sluice::asio::post(io, [&] {
            e.set();
            e.reset();
        });
        const auto r = co_await e.wait();
        co_return r.has_value();
    };
    CHECK(run_coro(io, [&] { return wait(); }));
}

TEST_CASE("blocking work runs on another thread and the caller comes back to its own") {
    io_context io;
    sluice::runtime::blocking_pool pool(1);
    std::thread::id worker;
    std::thread::id after;
    const auto run = [&]() -> awaitable<void> {
        std::function<void()> work = [&] { worker = std::this_thread::get_id(); };
        co_await pool.run(std::move(work));
        after = std::this_thread::get_id();
    };
    run_coro(io, [&] { return run(); });
    CHECK(worker != std::this_thread::get_id());
    CHECK(after == std::this_thread::get_id());
}

TEST_CASE("an exception of blocking work reaches the caller") {
    io_context io;
    sluice::runtime::blocking_pool pool(1);
    CHECK_THROWS_WITH(
        run_coro(io, [&] { return pool.run([] { throw std::runtime_error("torn"); }); }),
        "torn"
    );
}
