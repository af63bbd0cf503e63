// The text of /proc/<pid>/limits.
#include "limits_text.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>

using namespace sluice::sandbox;

namespace {

constexpr std::string_view text =
    "Limit                     Soft Limit           Hard Limit           Units     \n"
    "Max cpu time              3                    4                    seconds   \n"
    "Max file size             unlimited            unlimited            bytes     \n"
    "Max open files            256                  4096                 files     \n"
    "Max nice priority         0                    0                    \n"
    "Max broken                12                   x                    \n"
    "Max last                  1";

}  // namespace

TEST_CASE("soft and hard limits are found by their name") {
    const auto cpu = limits_in(text, "Max cpu time");
    REQUIRE(cpu);
    CHECK(cpu->soft == 3);
    CHECK(cpu->hard == 4);
    const auto size = limits_in(text, "Max file size");
    REQUIRE(size);
    CHECK(size->soft == RLIM_INFINITY);
    CHECK(size->hard == RLIM_INFINITY);
    CHECK(limits_in(text, "Max nice priority"));
}

TEST_CASE("what is not two limits is none") {
    CHECK_FALSE(limits_in(text, "Max nothing"));
    CHECK_FALSE(limits_in(text, "Max broken"));
    CHECK_FALSE(limits_in(text, "Max last"));
    CHECK_FALSE(limits_in(text, ""));
    CHECK_FALSE(limits_in("", "Max cpu time"));
}
