// The one way to bound an awaitable.
#include "sluice/runtime/with_deadline.hpp"

#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using sluice::awaitable;
using sluice::deadline;
using sluice::errc;
using sluice::result;
using sluice::asio::io_context;
using sluice::runtime::with_deadline;
using sluice::testing::run_coro;

namespace {

awaitable<result<int>> give(int value) {
    co_return value;
}
awaitable<result<int>> refuse() {
    co_return sluice::fail(errc::refused);
}
awaitable<result<int>> tear() {
    throw std::runtime_error("torn");
    co_return 0;
}
awaitable<result<int>> hang(bool& has_ended) {
    sluice::asio::steady_timer timer(co_await sluice::asio::this_coro::executor, 1h);
    struct marker {
        bool& flag;
        ~marker() { flag = true; }
    } mark{has_ended};
    co_await timer.async_wait(sluice::asio::use_awaitable);
    co_return 1;
}

}  // namespace

TEST_CASE("an operation that ends in time gives its value or its error") {
    io_context io;
    CHECK(run_coro(io, [] { return with_deadline(deadline::in(10s), give(3)); }).value() == 3);
    const auto refused = run_coro(io, [] { return with_deadline(deadline::in(10s), refuse()); });
    CHECK(refused.error() == errc::refused);
}

TEST_CASE("an operation without a deadline gives its value") {
    io_context io;
    CHECK(run_coro(io, [] { return with_deadline(deadline::never(), give(3)); }).value() == 3);
}

TEST_CASE("an operation that fails at once is not reported as a timeout") {
    io_context io;
    const auto start = std::chrono::steady_clock::now();
    CHECK_THROWS_WITH(
        run_coro(io, [] { return with_deadline(deadline::in(10s), tear()); }),
        "torn"
    );
    CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("an operation that is late has ended when the timeout is reported") {
    io_context io;
    bool has_ended = false;
    const auto r = run_coro(io, [&] { return with_deadline(deadline::in(5ms), hang(has_ended)); });
    CHECK(r.error() == errc::timeout);
    CHECK(has_ended);
}

TEST_CASE("cancelling the caller ends the operation with cancelled") {
    io_context io;
    sluice::runtime::gate children(io.get_executor(), nullptr);
    bool has_ended = false;
    bool was_cancelled = false;
    const auto child = [&]() -> awaitable<void> {
        const auto r = co_await with_deadline(deadline::in(1h), hang(has_ended));
        was_cancelled = r.has_error() && r.error() == errc::cancelled;
    };
    children.spawn("caller", child());
    run_coro(io, [&] { return children.close(1ms); });
    CHECK(has_ended);
    CHECK(was_cancelled);
}
