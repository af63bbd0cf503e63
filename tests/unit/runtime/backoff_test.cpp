// Delays between tries, with the random source in the test's hand.
#include "sluice/runtime/backoff.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace std::chrono_literals;
using sluice::runtime::backoff;
using sluice::runtime::backoff_policy;

TEST_CASE("delays double from the first to the cap") {
    // 2^n - 1 modulo (d - d/2 + 1) is not always the top, so the least delay is what is compared.
    backoff lowest(backoff_policy{50ms, 300ms}, [] { return std::uint64_t{0}; });
    CHECK(lowest.next() == 25ms);
    CHECK(lowest.next() == 50ms);
    CHECK(lowest.next() == 100ms);
    CHECK(lowest.next() == 150ms);
    CHECK(lowest.next() == 150ms);
}

TEST_CASE("the jitter stays between half and the whole of the delay") {
    std::uint64_t number = 0;
    backoff b(backoff_policy{100ms, 100ms}, [&number] { return number++; });
    for (int i = 0; i < 200; ++i) {
        const auto delay = b.next();
        CHECK(delay >= 50ms);
        CHECK(delay <= 100ms);
    }
}

TEST_CASE("a reset begins again with the first delay") {
    backoff b(backoff_policy{50ms, 5000ms}, [] { return std::uint64_t{0}; });
    b.next();
    b.next();
    b.reset();
    CHECK(b.next() == 25ms);
}

TEST_CASE("any number of tries stays at the cap") {
    backoff b(backoff_policy{1ms, 5000ms}, [] { return std::uint64_t{0}; });
    for (int i = 0; i < 10'000; ++i)
        b.next();
    CHECK(b.next() == 2500ms);
}
