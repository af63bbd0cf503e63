// The bounded queue between coroutines.
#include "sluice/runtime/bounded_queue.hpp"
#include "sluice/testing/run_coro.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <memory>

using namespace std::chrono_literals;
using sluice::errc;
using sluice::asio::io_context;
using sluice::runtime::bounded_queue;
using sluice::testing::run_coro;

TEST_CASE("a full queue refuses and leaves the value alone") {
    io_context io;
    bounded_queue<std::unique_ptr<int>> queue(io.get_executor(), 1);
    REQUIRE(queue.try_push(std::make_unique<int>(1)));
    auto second = std::make_unique<int>(2);
    CHECK_FALSE(queue.try_push(std::move(second)));
    CHECK(second != nullptr);
    CHECK(queue.is_full());
}

TEST_CASE("a waiting pop gets what is pushed later") {
    io_context io;
    bounded_queue<int> queue(io.get_executor(), 4);
    sluice::asio::post(io, [&] { queue.try_push(5); });
    CHECK(run_coro(io, [&] { return queue.pop(); }).value() == 5);
}

TEST_CASE("items come out in the order they went in") {
    io_context io;
    bounded_queue<int> queue(io.get_executor(), 4);
    for (int i = 0; i < 4; ++i)
        queue.try_push(int(i));
    for (int i = 0; i < 4; ++i)
        CHECK(queue.try_pop() == i);
    CHECK_FALSE(queue.try_pop());
}

TEST_CASE("a closed queue gives what it holds and then says so") {
    io_context io;
    bounded_queue<int> queue(io.get_executor(), 4);
    queue.try_push(1);
    queue.close();
    CHECK_FALSE(queue.try_push(2));
    CHECK(run_coro(io, [&] { return queue.pop(); }).value() == 1);
    CHECK(run_coro(io, [&] { return queue.pop(); }).error() == errc::shutting_down);
}

TEST_CASE("a pop ends with timeout at its deadline") {
    io_context io;
    bounded_queue<int> queue(io.get_executor(), 4);
    const auto r = run_coro(io, [&] { return queue.pop(sluice::deadline::in(5ms)); });
    CHECK(r.error() == errc::timeout);
}
