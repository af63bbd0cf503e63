// Matching of paths, and the parsing of request targets.
#include "sluice/http/router.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace sluice::http;
using sluice::awaitable;

namespace {

struct app {};
awaitable<response> nothing(app&, request) {
    co_return response{};
}

constexpr std::array<route<app>, 5> table{{
    {verb::post, "/api/v1/submissions", nothing, "submit", access::user, 1024},
    {verb::get, "/api/v1/submissions", nothing, "list", access::user, 0},
    {verb::get, "/api/v1/submissions/{id}", nothing, "read", access::user, 0},
    {verb::delete_, "/api/v1/submissions/{id}", nothing, "cancel", access::user, 0},
    {verb::post, "/hooks/{name}/runs/{run}", nothing, "run", access::open, 0},
}};

struct fixture {
    app the_app;
    router routes = router::bind<app>(table, the_app);
    std::string path;
    std::map<std::string, std::string> query;
};

}  // namespace

TEST_CASE_METHOD(fixture, "a path finds the row of its method") {
    const auto found = routes.match(verb::post, "/api/v1/submissions");
    REQUIRE(found.route != nullptr);
    CHECK(found.route->summary == "submit");
    CHECK(found.route->body_limit == 1024);
}

TEST_CASE_METHOD(fixture, "parameters are taken from their segments") {
    CHECK(routes.match(verb::get, "/api/v1/submissions/7").params.at("id") == "7");
    const auto two = routes.match(verb::post, "/hooks/a/runs/b");
    CHECK(two.params.at("name") == "a");
    CHECK(two.params.at("run") == "b");
}

TEST_CASE_METHOD(
    fixture,
    "an empty parameter, a trailing slash or a further segment is not found"
) {
    for (const char* p :
         {"/api/v1/submissions/",
          "/api/v1/submissions/7/",
          "/api/v1",
          "/",
          "",
          "/api/v1/submissions/7/8",
          "/hooks//runs/b",
          "api/v1/submissions"}) {
        INFO(p);
        const auto found = routes.match(verb::get, p);
        CHECK(found.route == nullptr);
        CHECK_FALSE(found.path_known);
    }
}

TEST_CASE_METHOD(fixture, "a known path with another method tells what is allowed") {
    const auto found = routes.match(verb::put, "/api/v1/submissions/7");
    CHECK(found.route == nullptr);
    CHECK(found.path_known);
    CHECK(found.allow == "GET, DELETE, HEAD");
    CHECK(routes.match(verb::get, "/hooks/a/runs/b").allow == "POST");
}

TEST_CASE_METHOD(fixture, "HEAD falls back to GET") {
    const auto found = routes.match(verb::head, "/api/v1/submissions/7");
    REQUIRE(found.route != nullptr);
    CHECK(found.route->method == verb::get);
    CHECK(found.params.at("id") == "7");
}

TEST_CASE_METHOD(fixture, "a target is split and decoded") {
    REQUIRE(parse_target("/a%20b/c+d?x=1%2B1&y=a+b&flag&x=2&=e", path, query));
    CHECK(path == "/a b/c+d");
    CHECK(query.at("x") == "2");
    CHECK(query.at("y") == "a b");
    CHECK(query.at("flag").empty());
    CHECK(query.at("") == "e");
}

TEST_CASE_METHOD(fixture, "a malformed target is refused") {
    for (const char* target :
         {"", "a", "/%", "/%4", "/%zz", "/a%00b", "/?x=%", "/?x=%00", "?x=1"}) {
        INFO(target);
        CHECK_FALSE(parse_target(target, path, query));
    }
}

TEST_CASE_METHOD(fixture, "an escape at the very end is decoded") {
    REQUIRE(parse_target("/%41", path, query));
    CHECK(path == "/A");
}
