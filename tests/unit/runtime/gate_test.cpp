// The gate: counting, refusing, cancelling, joining.
#include "sluice/runtime/gate.hpp"

#include "sluice/runtime/event.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using sluice::awaitable;
using sluice::asio::io_context;
using sluice::runtime::event;
using sluice::runtime::gate;
using sluice::testing::run_coro;

namespace {

struct fixture {
    io_context io;
    std::vector<std::string> failed;
    gate children{io.get_executor(), [this](const std::string& name, std::exception_ptr e) {
                      failed.push_back(name + ": " + sluice::describe(e));
                  }};
    event release{io.get_executor()};

    awaitable<void> wait_for_release() {
        const auto r = co_await release.wait();
        (void)r;
    }
    std::size_t close(std::chrono::milliseconds grace) {
        return run_coro(io, [this, grace] { return children.close(grace); });
    }
};

awaitable<void> throw_torn() {
    throw std::runtime_error("torn");
    co_return;
}

}  // namespace

TEST_CASE_METHOD(fixture, "a gate without children closes at once") {
    CHECK(close(10s) == 0);
    CHECK(children.is_closed());
}

TEST_CASE_METHOD(fixture, "a child is counted until it ends") {
    REQUIRE(children.spawn("one", wait_for_release()));
    CHECK(children.count() == 1);
    release.set();
    CHECK(close(10s) == 0);
    CHECK(children.count() == 0);
}

TEST_CASE_METHOD(fixture, "a closed gate starts nothing") {
    close(0ms);
    bool has_run = false;
    const auto child = [&]() -> awaitable<void> {
        has_run = true;
        co_return;
    };
    CHECK_FALSE(children.spawn("late", child()));
    io.restart();
    io.run();
    CHECK_FALSE(has_run);
}

TEST_CASE_METHOD(fixture, "what outlives its grace is cancelled and waited for") {
    children.spawn("one", wait_for_release());
    children.spawn("two", wait_for_release());
    CHECK(close(1ms) == 2);
    CHECK(children.count() == 0);
    CHECK(failed.empty());
}

TEST_CASE_METHOD(fixture, "the exception of a child is reported with its name") {
    children.spawn("reader", throw_torn());
    close(10s);
    CHECK(failed == std::vector<std::string>{"reader: torn"});
}

TEST_CASE_METHOD(fixture, "a cancelled child that goes on to await ends without a report") {
    const auto child = [this]() -> awaitable<void> {
        co_await wait_for_release();
        co_await wait_for_release();
    };
    children.spawn("stubborn", child());
    CHECK(close(1ms) == 1);
    CHECK(failed.empty());
}

TEST_CASE_METHOD(fixture, "a child may start another child") {
    int ran = 0;
    const auto inner = [&]() -> awaitable<void> {
        ++ran;
        co_return;
    };
    const auto outer = [&]() -> awaitable<void> {
        children.spawn("inner", inner());
        co_return;
    };
    children.spawn("outer", outer());
    io.run();
    CHECK(ran == 1);
    CHECK(children.count() == 0);
}
