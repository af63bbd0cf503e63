// Which URLs, headers and addresses a webhook may have: the table of attacks on the network behind.
#include "sluice/domain/callback.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>

using namespace sluice;
using namespace sluice::domain;

namespace {

std::optional<std::string_view> refusal(const std::string& text, bool allow_loopback = false) {
    std::array<std::uint8_t, 16> bytes{};
    if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
        return refusal_of_address(std::span(bytes).first(4), allow_loopback);
    }
    REQUIRE(inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1);
    return refusal_of_address(bytes, allow_loopback);
}

callback_policy enabled() {
    callback_policy p;
    p.enabled = true;
    return p;
}

std::vector<input_problem> problems_of(const std::string& url, callback_policy p = enabled()) {
    callback c{url, {}};
    return check_callback(c, p);
}

std::vector<input_problem> problems_with(std::string name, std::string value) {
    callback c{"https://example.com/", {{std::move(name), std::move(value)}}};
    return check_callback(c, enabled());
}

}  // namespace

TEST_CASE("addresses that are not public are refused") {
    const auto* text = GENERATE(
        "0.0.0.0",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.7",
        "224.0.0.1",
        "239.1.2.3",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:db8::1",
        "2002:a00:1::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1"
    );
    INFO(text);
    CHECK(refusal(text));
}

TEST_CASE("public addresses are let through") {
    const auto* text = GENERATE(
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:1.1.1.1",
        "2606:4700::1111",
        "2a00:1450::1",
        "2001:4860::8888",
        "2003::1"
    );
    INFO(text);
    CHECK_FALSE(refusal(text));
}

TEST_CASE("loopback, and nothing beside it, is let through where it is allowed") {
    CHECK_FALSE(refusal("127.0.0.1", true));
    CHECK_FALSE(refusal("::1", true));
    CHECK_FALSE(refusal("::ffff:127.0.0.1", true));
    CHECK(refusal("10.0.0.1", true));
    CHECK(refusal("::", true));
}

TEST_CASE("a plain URL is taken, and its host is known with its port") {
    callback c{"https://Hooks.Example.com/a?b=c%20d", {{"Authorization", "Bearer x"}}};
    CHECK(check_callback(c, enabled()).empty());
    CHECK(c.host == "hooks.example.com:443");
    callback v6{"http://[2606:4700::1111]:80/", {}};
    CHECK(check_callback(v6, enabled()).empty());
    CHECK(v6.host == "[2606:4700::1111]:80");
}

TEST_CASE("a URL that could mislead is refused by name") {
    const std::string url = GENERATE(
        std::string(""),
        std::string("example.com"),
        std::string("ftp://example.com/"),
        std::string("file:///etc/passwd"),
        std::string("http://user:pw@example.com/"),
        std::string("http://user@example.com/"),
        std::string("http://example.com/#x"),
        std::string("http://exa mple.com/"),
        std::string("http://example.com/\r\nX: y"),
        std::string("http://example.com/\0x", 21),
        std::string("http://exämple.com/"),
        std::string("http://example.com\\@10.0.0.1/"),
        std::string("http:///path"),
        std::string("http://example.com:0/"),
        std::string("http://example.com:65536/"),
        std::string("http://example.com:8o/"),
        std::string("http://example.com:22/"),
        std::string("http://example.com:/"),
        std::string("http://10.0.0.1/"),
        std::string("http://127.1/"),
        std::string("http://2130706433/"),
        std::string("http://0x7f000001/"),
        std::string("http://0177.0.0.1/"),
        std::string("http://localhost/"),
        std::string("http://a.localhost./"),
        std::string("http://[::1]/"),
        std::string("http://[::ffff:10.0.0.1]/"),
        std::string("http://[fe80::1%25eth0]/"),
        std::string("http://[::1/"),
        std::string("http://a..b/"),
        std::string("http://exa%6dple.com/")
    );
    INFO(url);
    const auto found = problems_of(url);
    REQUIRE(found.size() == 1);
    CHECK(found[0].field == "callback_url");
}

TEST_CASE("a URL has a largest length") {
    const std::string begin = "http://example.com/";
    CHECK(problems_of(begin + std::string(2048 - begin.size(), 'a')).empty());
    CHECK(problems_of(begin + std::string(2049 - begin.size(), 'a')).size() == 1);
}

TEST_CASE("where webhooks are off a callback is refused with the reason") {
    const auto found = problems_of("https://example.com/", callback_policy{});
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "not_available");
}

TEST_CASE("http can be switched off") {
    callback_policy p = enabled();
    p.allow_http = false;
    CHECK(problems_of("http://example.com/", p).size() == 1);
    CHECK(problems_of("https://example.com/", p).empty());
}

TEST_CASE("any port is taken where any is allowed") {
    callback_policy p = enabled();
    p.ports = {"any"};
    CHECK(problems_of("http://example.com:8081/", p).empty());
}

TEST_CASE("headers that break out or pretend are refused") {
    CHECK(problems_with("X-Token", "a b").empty());
    CHECK(problems_with("X-Token", "a\r\nHost: x").size() == 1);
    CHECK(problems_with("X-Token", std::string("a\0b", 3)).size() == 1);
    CHECK(problems_with("X-Token", "\xc3\xa4").size() == 1);
    CHECK(problems_with("X-Token", std::string(1025, 'a')).size() == 1);
    CHECK(problems_with("X Token", "a").size() == 1);
    CHECK(problems_with("X-Token:", "a").size() == 1);
    CHECK(problems_with("", "a").size() == 1);
    for (const auto* own :
         {"Host",
          "content-length",
          "Transfer-Encoding",
          "Content-Type",
          "Expect",
          "Connection",
          "Sluice-Signature",
          "Proxy-Authorization"}) {
        CHECK(problems_with(own, "a").size() == 1);
    }
}

TEST_CASE("a header comes once, and there are not too many") {
    callback twice{"https://example.com/", {{"X-A", "1"}, {"x-a", "2"}}};
    CHECK(check_callback(twice, enabled()).size() == 1);
    callback many{"https://example.com/", {}};
    for (int i = 0; i < 17; ++i)
        many.headers.emplace_back("X-" + std::to_string(i), "a");
    CHECK(check_callback(many, enabled()).size() == 1);
}

TEST_CASE("production refuses targets on the machine itself") {
    callback_policy p = enabled();
    p.allow_loopback = true;
    CHECK(unfit_settings(p, false).empty());
    CHECK(unfit_settings(p, true).size() == 1);
    p.ports = {"http"};
    CHECK(unfit_settings(p, false).size() == 1);
}
