// Sizes and durations as text.
#include "sluice/core/units.hpp"

#include <catch2/catch.hpp>

using sluice::byte_size;
using sluice::parse_byte_size;
using sluice::parse_duration;
using std::chrono::milliseconds;

TEST_CASE("a size is a whole number with a binary unit") {
    CHECK(parse_byte_size("512B")->value == 512);
    CHECK(parse_byte_size("64KiB")->value == 64 * 1024);
    CHECK(parse_byte_size("1MiB")->value == 1 << 20);
    CHECK(parse_byte_size("2GiB")->value == 2LL << 30);
    CHECK(parse_byte_size("0B")->value == 0);
}

TEST_CASE("a size without a unit, with a wrong unit or too large is refused") {
    for (const char* text :
         {"",
          "64",
          "MiB",
          "64MB",
          "64 MiB",
          "64mib",
          "-1MiB",
          "+1MiB",
          "1.5GiB",
          "1MiBx",
          "9223372036854775807GiB",
          "99999999999999999999B"}) {
        INFO(text);
        REQUIRE_FALSE(parse_byte_size(text).has_value());
        CHECK(parse_byte_size(text).error() == sluice::errc::invalid);
    }
}

TEST_CASE("the refusal of a bare number says which units there are") {
    CHECK_THAT(parse_byte_size("64").error().detail, Catch::Contains("MiB"));
    CHECK_THAT(parse_duration("30").error().detail, Catch::Contains("ms, s, m, h or d"));
}

TEST_CASE("a duration is a whole number with a unit from milliseconds to days") {
    CHECK(*parse_duration("250ms") == milliseconds(250));
    CHECK(*parse_duration("10s") == milliseconds(10'000));
    CHECK(*parse_duration("5m") == milliseconds(300'000));
    CHECK(*parse_duration("1h") == milliseconds(3'600'000));
    CHECK(*parse_duration("7d") == milliseconds(604'800'000));
}

TEST_CASE("a duration without a unit or with a strange one is refused") {
    for (const char* text : {"", "30", "s", "30sec", "30 s", "-5s", "1.5s", "1w", "1h30m"}) {
        INFO(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("printing takes the largest unit that is exact, and reads back") {
    CHECK(to_string(byte_size{1 << 20}) == "1MiB");
    CHECK(to_string(byte_size{1536}) == "1536B");
    CHECK(to_string(byte_size{0}) == "0B");
    CHECK(sluice::to_string(milliseconds(90'000)) == "90s");
    CHECK(sluice::to_string(milliseconds(0)) == "0ms");
    for (const std::int64_t value : {1LL, 1024LL, 1025LL, 3LL << 30, 5LL << 20}) {
        CHECK(parse_byte_size(to_string(byte_size{value}))->value == value);
        CHECK(*parse_duration(sluice::to_string(milliseconds(value))) == milliseconds(value));
    }
}
