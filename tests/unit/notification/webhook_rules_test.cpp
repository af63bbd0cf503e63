// The signature that receivers check, and when a delivery is tried again.
#include "webhook_rules.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::notification;
using std::chrono::milliseconds;

namespace {

webhook_verdict
verdict_of(std::optional<long> status, std::string error = "", std::int64_t tries = 1) {
    webhook_delivery d;
    d.tries = tries;
    d.since = from_unix_ms(1'700'000'000'000);
    webhook_answer a;
    a.http_status = status;
    a.error = std::move(error);
    return judge(d, a, webhook_retries{}, d.since + std::chrono::minutes(1), 0);
}

using kind = webhook_verdict::kind;

}  // namespace

TEST_CASE("the signature is an HMAC-SHA256 of the time, a dot and the body") {
    // echo -n '1700000000.{"a":1}' | openssl dgst -sha256 -hmac whs_secret
    const std::vector<std::string> one{"whs_secret"};
    CHECK(
        signature_of(one, 1'700'000'000, R"({"a":1})") ==
        "t=1700000000,v1=42359816b9cdac4fb62fa04459d2218b257ca9331d835e02a9c7808b91b58019"
    );
}

TEST_CASE("while a secret is replaced both sign") {
    const std::vector<std::string> both{"whs_secret", "whs_old"};
    CHECK(
        signature_of(both, 1'700'000'000, R"({"a":1})") ==
        "t=1700000000,v1=42359816b9cdac4fb62fa04459d2218b257ca9331d835e02a9c7808b91b58019,v1="
        "dcaee9d281aab08638dc934eab787d9cffabe59d3447b4332f15a3fe9728a5e1"
    );
}

TEST_CASE("2xx is delivered, and nothing else is") {
    CHECK(verdict_of(200).what == kind::delivered);
    CHECK(verdict_of(204).what == kind::delivered);
    CHECK(verdict_of(299).what == kind::delivered);
    for (const long status : {100L, 199L, 300L, 302L, 400L, 404L, 410L, 500L, 503L})
        CHECK(verdict_of(status).what == kind::again);
    CHECK(verdict_of(std::nullopt, "timeout").what == kind::again);
    CHECK(verdict_of(200, "the answer broke off").what == kind::again);
}

TEST_CASE("a delivery fails after its last try") {
    CHECK(verdict_of(500, "", 15).what == kind::again);
    CHECK(verdict_of(500, "", 16).what == kind::failed);
    CHECK(verdict_of(200, "", 16).what == kind::delivered);
}

TEST_CASE("a delivery fails when its next try would be too late") {
    webhook_delivery d;
    d.tries = 3;
    d.since = from_unix_ms(1'700'000'000'000);
    webhook_answer a;
    a.http_status = 500;
    const webhook_retries r;
    CHECK(judge(d, a, r, d.since + r.max_age - milliseconds(30'000), 0).what == kind::again);
    CHECK(judge(d, a, r, d.since + r.max_age - milliseconds(10'000), 0).what == kind::failed);
}

TEST_CASE("the pause doubles up to the longest and loses up to a half by chance") {
    const webhook_retries r;
    CHECK(pause_after(1, r, 0) == milliseconds(5000));
    CHECK(pause_after(2, r, 0) == milliseconds(10'000));
    CHECK(pause_after(5, r, 0) == milliseconds(80'000));
    CHECK(pause_after(1000, r, 0) == r.longest_pause);
    CHECK(pause_after(1, r, 2500) == milliseconds(2500));
    for (std::uint64_t random = 0; random < 10'000; random += 77) {
        const auto pause = pause_after(3, r, random);
        CHECK(pause >= milliseconds(10'000));
        CHECK(pause <= milliseconds(20'000));
    }
}
