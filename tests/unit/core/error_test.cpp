// Errors as values: comparison, text, and the macros that pass them on.
#include "sluice/core/error.hpp"

#include <boost/system/system_error.hpp>
#include <catch2/catch.hpp>

using sluice::errc;
using sluice::fail;
using sluice::result;

namespace {

result<int> half(int number) {
    if (number % 2 != 0) return fail(errc::invalid, "odd");
    return number / 2;
}

result<void> both_even(int a, int b) {
    SLUICE_TRY(half(a));
    SLUICE_TRY(half(b));
    return {};
}

}  // namespace

TEST_CASE("an error compares equal to its code and to no other") {
    const sluice::error e = fail(errc::timeout, "after 5 s");
    CHECK(e == errc::timeout);
    CHECK_FALSE(e == errc::unavailable);
}

TEST_CASE("an error is described by category, message and detail") {
    CHECK(
        describe(fail(errc::timeout, "confirm for 7")) ==
        "sluice: the deadline passed: confirm for 7"
    );
    CHECK(describe(fail(errc::conflict)) == "sluice: contradicts what is stored");
}

TEST_CASE("asking an error for its value throws with the detail") {
    CHECK_THROWS_WITH(half(3).value(), Catch::Contains("odd"));
    CHECK(half(4).value() == 2);
}

TEST_CASE("the first error of a sequence is the one returned") {
    CHECK(both_even(2, 4));
    CHECK(both_even(2, 3).error().detail == "odd");
}

TEST_CASE("a caught exception is described by its own words") {
    CHECK(sluice::describe(std::make_exception_ptr(std::runtime_error("torn"))) == "torn");
}
