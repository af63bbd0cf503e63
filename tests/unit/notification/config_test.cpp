// services/notification/config.yaml shows every setting with its default: neither may drift.
#include "config.hpp"

#include "sluice/core/config.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

using namespace sluice;
using sluice::notification::config;

namespace {

const std::string file = "services/notification/config.yaml";

describe_fn describing(config& c) {
    return [&c](config_visitor& v) { describe(v, c); };
}

// Safe but for what the case changes.
config production() {
    config c;
    c.environment = "production";
    c.rabbitmq.connection.url.value = "amqp://notification:x@broker/sluice";
    c.redis.url.value = "redis://notification:x@redis:6379/0";
    return c;
}

}  // namespace

TEST_CASE("the shipped file sets every setting to its default") {
    config defaults;
    config from_file;
    load_config(describing(from_file), file, {});
    CHECK(print_config(describing(from_file)) == print_config(describing(defaults)));
    CHECK(from_file.rabbitmq.connection.url.value == defaults.rabbitmq.connection.url.value);
    CHECK(from_file.postgres.url.value == defaults.postgres.url.value);
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
        if (text.str().find(line.substr(0, colon + 1)) == std::string::npos) missing += line + "\n";
    }
    CHECK(missing == "");
}

TEST_CASE("production takes settings with users of their own") {
    CHECK(notification::unfit_settings(production()).empty());
}

TEST_CASE("production refuses the broker's guest") {
    config c = production();
    c.rabbitmq.connection.url.value = "amqp://guest:guest@broker/";
    CHECK(notification::unfit_settings(c).size() == 1);
}

TEST_CASE("production refuses a Redis without a user") {
    config c = production();
    c.redis.url.value = "redis://redis:6379/0";
    CHECK(notification::unfit_settings(c).size() == 1);
}

TEST_CASE("a laptop may use the defaults") {
    CHECK(notification::unfit_settings(config{}).empty());
}
