// Bearer tokens: the form of the header and the look-up.
#include "sluice/http/bearer.hpp"

#include <catch2/catch.hpp>

using sluice::http::bearer_tokens;
using sluice::http::parse_bearer;

TEST_CASE("a configured token names its user, another names nobody") {
    std::map<std::string, std::string> configured;
    configured["token-a"] = "alice";
    const bearer_tokens tokens(configured);
    CHECK(tokens.user_of("token-a") == "alice");
    CHECK_FALSE(tokens.user_of("token-b"));
    CHECK_FALSE(tokens.user_of(""));
}

TEST_CASE("what a later configuration takes away or gives to another user is named by its digest") {
    using map = std::map<std::string, std::string>;
    const bearer_tokens before(map{{"a", "alice"}, {"b", "bob"}, {"c", "carol"}});
    const bearer_tokens after(map{{"a", "alice"}, {"c", "mallory"}, {"d", "dave"}});
    const auto gone = before.missing_in(after);
    REQUIRE(gone.size() == 2);
    for (const std::string& sha256 : gone)
        CHECK(before.user_of_digest(sha256) != after.user_of_digest(sha256));
    CHECK(before.missing_in(before).empty());
    CHECK(after.missing_in(before).size() == 2);
}

TEST_CASE("the scheme compares without case and may be followed by several spaces") {
    CHECK(parse_bearer("Bearer abc.DEF-1_2~3+4/5==") == "abc.DEF-1_2~3+4/5==");
    CHECK(parse_bearer("bearer abc") == "abc");
    CHECK(parse_bearer("BEARER   abc") == "abc");
}

TEST_CASE("another scheme or a malformed token is refused") {
    for (const char* text :
         {"",
          "Bearer",
          "Bearer ",
          "Bearer   ",
          "Bearerabc",
          "Basic abc",
          "Bearer a b",
          "Bearer a=b",
          "Bearer =",
          "Bearer a\"b",
          "Token abc"}) {
        INFO(text);
        CHECK_FALSE(parse_bearer(text));
    }
}
