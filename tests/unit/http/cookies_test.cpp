// Cookies, and whose page a request comes from.
#include "sluice/http/cookies.hpp"

#include <catch2/catch.hpp>

namespace sluice::http {
namespace {

request with(std::vector<std::pair<std::string, std::string>> headers) {
    request q;
    q.headers.set("Host", "api.example.org");
    for (auto& [name, value] : headers)
        q.headers.add(name, value);
    return q;
}

}  // namespace

TEST_CASE("a cookie is found by its whole name, in any header and form") {
    const request q = with({{"cookie", "a=1; xsluice=no; sluice=yes"}, {"Cookie", "b=\"quoted\""}});
    CHECK(find_cookie(q, "sluice") == "yes");
    CHECK(find_cookie(q, "a") == "1");
    CHECK(find_cookie(q, "b") == "quoted");
    CHECK_FALSE(find_cookie(q, "luice"));
    CHECK_FALSE(find_cookie(with({}), "a"));
}

TEST_CASE("malformed cookies are no cookies") {
    CHECK_FALSE(find_cookie(with({{"Cookie", ";;; =;a"}}), "a"));
    CHECK(find_cookie(with({{"Cookie", "a="}}), "a") == "");
    CHECK(find_cookie(with({{"Cookie", "a=b=c"}}), "a") == "b=c");
}

TEST_CASE("a cookie that is set is HttpOnly, of the site, and Secure when asked") {
    cookie_form form;
    CHECK(
        set_cookie("s", "v", std::chrono::seconds(60), form) ==
        "s=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"
    );
    form.is_secure = true;
    form.same_site = "Strict";
    CHECK(
        set_cookie("s", "", std::chrono::seconds(0), form) ==
        "s=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
    );
}

TEST_CASE("programs, our own pages and trusted ones are believed; others are not") {
    const std::vector<std::string> trusted{"https://play.example.com", "*"};
    CHECK_FALSE(is_of_another_site(with({}), trusted));
    CHECK_FALSE(is_of_another_site(with({{"Sec-Fetch-Site", "same-origin"}}), trusted));
    CHECK_FALSE(is_of_another_site(with({{"Sec-Fetch-Site", "none"}}), trusted));
    CHECK_FALSE(is_of_another_site(with({{"Origin", "https://API.example.org"}}), trusted));
    CHECK_FALSE(is_of_another_site(
        with({{"Origin", "https://play.example.com"}, {"Sec-Fetch-Site", "cross-site"}}),
        trusted
    ));
    CHECK(is_of_another_site(with({{"Origin", "https://evil.example"}}), trusted));
    CHECK(is_of_another_site(with({{"Origin", "null"}}), trusted));
    CHECK(is_of_another_site(with({{"Origin", "*"}}), trusted));
    CHECK(is_of_another_site(with({{"Sec-Fetch-Site", "cross-site"}}), trusted));
    CHECK(is_of_another_site(with({{"Sec-Fetch-Site", "same-site"}}), trusted));
    CHECK(is_of_another_site(
        with({{"Origin", "http://api.example.org"}, {"Sec-Fetch-Site", "cross-site"}}),
        trusted
    ));
}

}  // namespace sluice::http
