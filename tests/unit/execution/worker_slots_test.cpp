// Leases: how many at a time, which sandbox, and the bound on unpublished results.
#include "worker_slots.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::execution;

namespace {

worker_slots::lease take(asio::io_context& io, worker_slots& slots) {
    auto taken = testing::run_coro(io, [&] { return slots.acquire(); });
    REQUIRE(taken.has_value());
    return std::move(*taken);
}

// Starts an acquire and says whether it is done after everything that can run has run.
struct attempt {
    attempt(asio::io_context& io, worker_slots& slots) {
        io.restart();
        asio::co_spawn(io, slots.acquire(), [this](std::exception_ptr, auto r) {
            outcome.emplace(std::move(r));
        });
        io.poll();
    }
    std::optional<result<worker_slots::lease>> outcome;
};

}  // namespace

TEST_CASE("no more leases than slots") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 2, 8);
    auto first = take(io, slots);
    auto second = take(io, slots);
    CHECK(first.index() != second.index());
    attempt third(io, slots);
    CHECK_FALSE(third.outcome.has_value());
    first.end_run();
    io.poll();
    REQUIRE(third.outcome.has_value());
    CHECK(third.outcome->has_value());
}

TEST_CASE("a lease that publishes leaves its slot to the next task") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 1, 8);
    auto first = take(io, slots);
    CHECK(first.index() == 0);
    CHECK(slots.busy() == 1);
    first.end_run();
    CHECK(slots.busy() == 0);
    CHECK(slots.publishing() == 1);
    auto second = take(io, slots);
    CHECK(second.index() == 0);
}

TEST_CASE("too many unpublished results stop the taking") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 2, 1);
    std::optional first(take(io, slots));
    first->end_run();
    attempt second(io, slots);
    CHECK_FALSE(second.outcome.has_value());
    first.reset();
    io.poll();
    REQUIRE(second.outcome.has_value());
    CHECK(second.outcome->has_value());
}

TEST_CASE("a failed sandbox is swapped for an idle one") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 2, 8);
    auto lease = take(io, slots);
    const std::size_t before = lease.index();
    lease.swap();
    CHECK(lease.index() != before);
}

TEST_CASE("with a single sandbox the swap keeps it") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 1, 8);
    auto lease = take(io, slots);
    CHECK(lease.index() == 0);
    lease.swap();
    CHECK(lease.index() == 0);
}

TEST_CASE("the longest idle sandbox is taken first") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 3, 8);
    for (const std::size_t expected : {0U, 1U, 2U, 0U}) {
        auto lease = take(io, slots);
        CHECK(lease.index() == expected);
    }
}

TEST_CASE("closing wakes who waits for a slot") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 1, 8);
    auto first = take(io, slots);
    attempt second(io, slots);
    slots.close();
    io.poll();
    REQUIRE(second.outcome.has_value());
    REQUIRE_FALSE(second.outcome->has_value());
    CHECK(second.outcome->error() == errc::shutting_down);
}

TEST_CASE("a task takes the idle sandbox where its language's runtime waits") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 3, 8);
    const auto next = [&](const std::string& language) {
        auto lease = take(io, slots);
        lease.prefer(language);
        return lease.index();
    };
    CHECK(next("python3") == 0);
    CHECK(next("python3") == 0);
    CHECK(next("ruby") == 1);
    CHECK(next("python3") == 0);
    CHECK(next("") == 2);  // takes nobody's runtime while it can do without
    CHECK(next("") == 2);
}

TEST_CASE("a task takes a sandbox where another runtime waits rather than waiting itself") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 1, 8);
    for (const char* language : {"python3", "", "ruby"}) {
        auto lease = take(io, slots);
        lease.prefer(language);
        CHECK(lease.index() == 0);
    }
}

namespace {

struct borrowing {
    borrowing(asio::io_context& io, worker_slots& slots) {
        io.restart();
        asio::co_spawn(io, slots.borrow(), [this](std::exception_ptr, auto r) {
            outcome.emplace(std::move(r));
        });
        io.poll();
    }
    worker_slots::lease loan() {
        REQUIRE(outcome.has_value());
        REQUIRE(outcome->has_value());
        return std::move(**outcome);
    }
    std::optional<result<worker_slots::lease>> outcome;
};

}  // namespace

TEST_CASE("an idle sandbox is lent beside the leases, and comes back") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 2, 8);
    auto task = take(io, slots);
    CHECK(task.index() == 0);
    {
        borrowing one(io, slots);
        auto loan = one.loan();
        CHECK(loan.is_loan());
        CHECK(loan.index() == 1);
        CHECK(slots.busy() == 2);
        CHECK_FALSE(loan.recalled().is_set());
    }
    CHECK(slots.busy() == 1);
    CHECK(slots.publishing() == 0);
}

TEST_CASE("a task calls a lent sandbox back and is served before other borrowers") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 1, 8);
    auto task = take(io, slots);
    borrowing first(io, slots), second(io, slots);
    auto loan = std::make_unique<worker_slots::lease>(first.loan());
    CHECK_FALSE(second.outcome.has_value());
    bool is_chosen = false;
    io.restart();
    asio::co_spawn(io, task.choose(), [&](std::exception_ptr, auto r) {
        is_chosen = r.has_value();
    });
    io.poll();
    CHECK_FALSE(is_chosen);
    CHECK(loan->recalled().is_set());
    loan.reset();
    io.poll();
    CHECK(is_chosen);
    CHECK(task.index() == 0);
    CHECK_FALSE(second.outcome.has_value());
    task.end_run();
    io.poll();
    CHECK(second.loan().index() == 0);
}

TEST_CASE("borrowers are told when the worker drains") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 1, 8);
    auto task = take(io, slots);
    task.index();
    borrowing waits(io, slots);
    CHECK_FALSE(waits.outcome.has_value());
    slots.close();
    io.poll();
    REQUIRE(waits.outcome.has_value());
    CHECK_FALSE(waits.outcome->has_value());
}

TEST_CASE("fewer slots take no further task until enough have ended, more take one at once") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 2, 8);
    auto first = std::make_optional(take(io, slots));
    first->index();
    auto second = std::make_optional(take(io, slots));
    second->index();
    slots.use(1);
    CHECK(slots.in_use() == 1);
    attempt third(io, slots);
    second.reset();
    io.restart();
    io.poll();
    CHECK_FALSE(third.outcome.has_value());
    first.reset();
    io.restart();
    io.poll();
    REQUIRE(third.outcome.has_value());
    attempt fourth(io, slots);
    CHECK_FALSE(fourth.outcome.has_value());
    slots.use(2);
    io.restart();
    io.poll();
    CHECK(fourth.outcome.has_value());
}

TEST_CASE("with fewer slots nothing is lent beyond them, and what is lent is called back") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 2, 8);
    auto loan = testing::run_coro(io, [&] { return slots.borrow(); });
    REQUIRE(loan.has_value());
    auto mine = take(io, slots);
    mine.index();
    slots.use(1);
    CHECK(loan->recalled().is_set());
}

TEST_CASE("the number of slots is kept between one and all") {
    asio::io_context io;
    worker_slots slots(io.get_executor(), 2, 8);
    slots.use(9);
    CHECK(slots.in_use() == 2);
    slots.use(0);
    CHECK(slots.in_use() == 1);
}
