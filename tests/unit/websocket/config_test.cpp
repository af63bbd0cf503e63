// services/websocket/config.yaml shows every setting with its default: neither may drift.
#include "config.hpp"

#include "sluice/core/config.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

using namespace sluice;
using sluice::websocket::config;

namespace {

const std::string file = "services/websocket/config.yaml";

describe_fn describing(config& c) {
    return [&c](config_visitor& v) { describe(v, c); };
}

// Safe but for what the case changes.
config production() {
    config c;
    c.environment = "production";
    c.ws.allowed_origins = {"https://example.org"};
    c.auth.tokens = {{"a-token-of-our-own", "alice"}};
    c.redis.url.value = "redis://websocket:x@redis:6379/0";
    return c;
}

}  // namespace

TEST_CASE("the shipped file sets every setting to its default") {
    config defaults;
    config from_file;
    load_config(describing(from_file), file, {});
    CHECK(print_config(describing(from_file)) == print_config(describing(defaults)));
    CHECK(from_file.auth.tokens == defaults.auth.tokens);
    CHECK(from_file.redis.url.value == defaults.redis.url.value);
}

TEST_CASE("the shipped file names every setting") {
    std::ifstream in(file);
    REQUIRE(in);
    std::stringstream text;
    text << in.rdbuf();
    config defaults;
    std::istringstream printed(print_config(describing(defaults)));
    std::string missing;
    for (std::string line; std::getline(printed, line);) {
        const auto colon = line.find(':');
        if (colon == std::string::npos || line[line.find_first_not_of(' ')] == '#') continue;
        if (line.find("***") != std::string::npos && line.find("url") == std::string::npos)
            continue;
        if (text.str().find(line.substr(0, colon + 1)) == std::string::npos) missing += line + "\n";
    }
    CHECK(missing == "");
}

TEST_CASE("production takes settings with users of their own") {
    CHECK(websocket::unfit_settings(production()).empty());
}

TEST_CASE("production refuses to let any page connect") {
    config c = production();
    c.ws.allowed_origins.clear();
    CHECK(websocket::unfit_settings(c).size() == 1);
    c.ws.allowed_origins = {"https://example.org", "*"};
    CHECK(websocket::unfit_settings(c).size() == 1);
}

TEST_CASE("production refuses the demo token") {
    config c = production();
    c.auth.tokens[websocket::demo_token] = "demo";
    CHECK(websocket::unfit_settings(c).size() == 1);
}

TEST_CASE("a heartbeat that could miss a session's expiry is refused everywhere") {
    config c;
    c.sessions.heartbeat = c.sessions.ttl;
    CHECK(websocket::unfit_settings(c).size() == 1);
}

TEST_CASE("production refuses a Redis without a user") {
    config c = production();
    c.redis.url.value = "redis://redis:6379/0";
    CHECK(websocket::unfit_settings(c).size() == 1);
}

TEST_CASE("a laptop may use the defaults") {
    CHECK(websocket::unfit_settings(config{}).empty());
}
