// The URL forms, and that no error text repeats a password.
#include "url.hpp"

#include <catch2/catch.hpp>

namespace sluice::redis {
namespace {

TEST_CASE("the parts of a redis URL are found and decoded") {
    auto t = parse_url("redis://us%20er:p%40ss@example.org:6380/7");
    REQUIRE(t.has_value());
    CHECK(t->host == "example.org");
    CHECK(t->port == "6380");
    CHECK(t->user == "us er");
    CHECK(t->password == "p@ss");
    CHECK(t->database == 7);
    CHECK(t->to_string() == "example.org:6380");
}

TEST_CASE("port, database and credentials may be left out") {
    auto t = parse_url("redis://localhost");
    REQUIRE(t.has_value());
    CHECK(t->host == "localhost");
    CHECK(t->port == "6379");
    CHECK(t->user.empty());
    CHECK(t->database == 0);
}

TEST_CASE("an IPv6 address stands in brackets") {
    auto t = parse_url("redis://:secret@[::1]:1234/");
    REQUIRE(t.has_value());
    CHECK(t->host == "::1");
    CHECK(t->port == "1234");
    CHECK(t->password == "secret");
}

TEST_CASE("a unix socket has a path and maybe a database") {
    auto t = parse_url("unix:///run/redis.sock?db=2");
    REQUIRE(t.has_value());
    CHECK(t->socket_path == "/run/redis.sock");
    CHECK(t->database == 2);
}

TEST_CASE("a malformed URL is refused without repeating it") {
    const auto bad = GENERATE(
        "redis://u:hidden%zz@host",
        "redis://u:hidden@host:99999",
        "redis://u:hidden@host:",
        "redis://u:hidden@",
        "redis://u:hidden@host/x",
        "unix://relative",
        "http://u:hidden@host"
    );
    auto t = parse_url(bad);
    REQUIRE(t.has_error());
    CHECK(t.error() == errc::invalid);
    CHECK(t.error().detail.find("hidden") == std::string::npos);
}

TEST_CASE("rediss is refused with the reason") {
    auto t = parse_url("rediss://host");
    REQUIRE(t.has_error());
    CHECK(t.error().detail.find("no TLS") != std::string::npos);
}

}  // namespace
}  // namespace sluice::redis
