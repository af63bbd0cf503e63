// Whom X-Forwarded-For is believed from, and how far.
#include "sluice/http/client_address.hpp"

#include <catch2/catch.hpp>

using sluice::http::trusted_proxies;

namespace {

trusted_proxies proxies() {
    return trusted_proxies::parse({"10.0.0.0/8", "192.0.2.7", "2001:db8::/32"}).value();
}

}  // namespace

TEST_CASE("an untrusted peer is the client whatever it claims") {
    CHECK(proxies().client_of("203.0.113.5", "1.2.3.4") == "203.0.113.5");
    CHECK(trusted_proxies().client_of("10.0.0.1", "1.2.3.4") == "10.0.0.1");
}

TEST_CASE("behind trusted proxies the client is the rightmost address that is none of them") {
    CHECK(proxies().client_of("10.0.0.1", "1.2.3.4") == "1.2.3.4");
    CHECK(proxies().client_of("10.0.0.1", "6.6.6.6, 1.2.3.4 , 10.9.9.9") == "1.2.3.4");
    CHECK(proxies().client_of("2001:db8::1", "2001:db9::5") == "2001:db9::5");
}

TEST_CASE("a header that is empty or no address leaves the nearest known hop") {
    CHECK(proxies().client_of("10.0.0.1", "") == "10.0.0.1");
    CHECK(proxies().client_of("10.0.0.1", "unknown") == "10.0.0.1");
    CHECK(proxies().client_of("10.0.0.1", "junk, 10.0.0.2") == "10.0.0.2");
}

TEST_CASE("blocks cover their addresses and no others") {
    CHECK(proxies().contains("10.255.0.1"));
    CHECK_FALSE(proxies().contains("11.0.0.1"));
    CHECK(proxies().contains("192.0.2.7"));
    CHECK_FALSE(proxies().contains("192.0.2.8"));
    CHECK(proxies().contains("::ffff:10.0.0.1"));
    CHECK_FALSE(proxies().contains("2001:db9::1"));
    CHECK(trusted_proxies::parse({"0.0.0.0/0"}).value().contains("8.8.8.8"));
    CHECK_FALSE(trusted_proxies::parse({"0.0.0.0/0"}).value().contains("::1"));
}

TEST_CASE("a list with a bad entry is refused and the entry named") {
    for (const char* text :
         {"nonsense", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "2001:db8::/129"}) {
        const auto r = trusted_proxies::parse({text});
        REQUIRE(r.has_error());
        CHECK_THAT(r.error().detail, Catch::Contains(text));
    }
}

TEST_CASE("a valid correlation id and traceparent are taken, others replaced") {
    sluice::http::request good;
    good.headers.add("x-correlation-id", "0190A7C4-1234-4abc-8def-00112233aabb");
    good.headers.add("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    identify(good, trusted_proxies(), "203.0.113.5");
    CHECK(good.ctx.correlation_id == "0190a7c4-1234-4abc-8def-00112233aabb");
    CHECK(good.ctx.traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    CHECK(good.client_address == "203.0.113.5");

    sluice::http::request bad;
    bad.headers.add("X-Correlation-Id", "not\"a uuid");
    bad.headers.add("traceparent", "x");
    identify(bad, trusted_proxies(), "203.0.113.5");
    CHECK(bad.ctx.correlation_id.size() == 36);
    CHECK(sluice::observe::is_valid_traceparent(bad.ctx.traceparent));
}
