// Trace contexts: what we make is valid, what is malformed is refused.
#include "sluice/observe/context.hpp"

#include <catch2/catch.hpp>

using sluice::observe::is_valid_traceparent;
using sluice::observe::make_traceparent;

TEST_CASE("a made traceparent is valid and differs from the next") {
    const std::string first = make_traceparent();
    CHECK(is_valid_traceparent(first));
    CHECK(first != make_traceparent());
}

TEST_CASE("a traceparent in a malformed shape is refused") {
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    REQUIRE(is_valid_traceparent(good));
    for (const std::string& text :
         {std::string(),
          good.substr(1),
          good + "0",
          good + "-x",
          "ff" + good.substr(2),
          std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
          std::string("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
          std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01")}) {
        INFO(text);
        CHECK_FALSE(is_valid_traceparent(text));
    }
}

TEST_CASE("a later version may carry more fields") {
    CHECK(is_valid_traceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"));
}
