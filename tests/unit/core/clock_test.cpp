// RFC 3339 both ways, and the two clocks of the real clock.
#include "sluice/core/clock.hpp"

#include <catch2/catch.hpp>

using sluice::from_unix_ms;
using sluice::parse_rfc3339;
using sluice::to_rfc3339;

TEST_CASE("a time is printed in UTC with milliseconds") {
    CHECK(to_rfc3339(from_unix_ms(0)) == "1970-01-01T00:00:00.000Z");
    CHECK(to_rfc3339(from_unix_ms(1'795'235'161'250)) == "2026-11-21T04:26:01.250Z");
    CHECK(to_rfc3339(from_unix_ms(-1)) == "1969-12-31T23:59:59.999Z");
    CHECK(to_rfc3339(from_unix_ms(951'782'400'000)) == "2000-02-29T00:00:00.000Z");
}

TEST_CASE("what is printed is read back as the same time") {
    for (const std::int64_t ms : {0LL, 1LL, 999LL, 1'795'235'161'250LL, 4'102'444'799'999LL}) {
        CHECK(parse_rfc3339(to_rfc3339(from_unix_ms(ms))) == from_unix_ms(ms));
    }
}

TEST_CASE("any offset and any fraction are accepted and cut to milliseconds") {
    const auto expected = from_unix_ms(1'795'235'161'250);
    CHECK(parse_rfc3339("2026-11-21T04:26:01.25Z") == expected);
    CHECK(parse_rfc3339("2026-11-21T06:26:01.2509999+02:00") == expected);
    CHECK(parse_rfc3339("2026-11-20T23:56:01.250-04:30") == expected);
    CHECK(parse_rfc3339("2026-11-21t04:26:01.250z") == expected);
    CHECK(parse_rfc3339("2026-11-21T04:26:01Z") == from_unix_ms(1'795'235'161'000));
}

TEST_CASE("what is no RFC 3339 time is refused") {
    for (const char* text :
         {"",
          "2026-11-21",
          "2026-11-21T04:26:01",
          "2026-11-21 04:26:01Z",
          "2026-13-01T00:00:00Z",
          "2026-02-29T00:00:00Z",
          "2026-11-21T24:00:00Z",
          "2026-11-21T04:60:00Z",
          "2026-11-21T04:26:01.Z",
          "2026-11-21T04:26:01Zx",
          "2026-11-21T04:26:01+0200",
          "26-11-21T04:26:01Z",
          "2026-11-21T04:26:01+24:00"}) {
        INFO(text);
        CHECK_FALSE(parse_rfc3339(text));
    }
}

TEST_CASE("the steady part of the system clock never goes back") {
    const auto& clock = sluice::system_clock();
    const auto first = clock.steady();
    CHECK(clock.steady() >= first);
}
