// config.yaml is the defaults, and production is refused with insecure ones.
#include "config.hpp"

#include <catch2/catch.hpp>

namespace sluice::submission {
namespace {

config loaded(const std::string& file) {
    config c;
    load_config([&c](config_visitor& v) { describe(v, c); }, file, {});
    return c;
}

std::string printed(config c) {
    return print_config([&c](config_visitor& v) { describe(v, c); });
}

config safe_for_production() {
    config c;
    c.environment = "production";
    c.auth.tokens = {{"a long random token", "ada"}};
    c.rabbitmq.connection.url.value = "amqp://submission:pw@broker/";
    c.auth.passwords.strict = true;
    c.auth.sessions.secure_cookies = true;
    return c;
}

}  // namespace

TEST_CASE("services/submission/config.yaml loads and is what the defaults say") {
    const config from_file = loaded("services/submission/config.yaml");
    CHECK(printed(from_file) == printed(config{}));
    // Secrets are masked in print, so they are compared by themselves.
    const config defaults;
    CHECK(from_file.auth.tokens == defaults.auth.tokens);
    CHECK(from_file.rabbitmq.connection.url.value == defaults.rabbitmq.connection.url.value);
    CHECK(from_file.redis.url.value == defaults.redis.url.value);
    CHECK(from_file.postgres.url.value == defaults.postgres.url.value);
    CHECK(from_file.postgres_owner_url.value == defaults.postgres_owner_url.value);
}

TEST_CASE("development accepts the defaults, production lists each that is insecure") {
    config c;
    CHECK(unfit_settings(c).empty());
    c.environment = "production";
    c.http.cors_origins = {"*"};
    CHECK(unfit_settings(c).size() == 5);
    CHECK(unfit_settings(safe_for_production()).empty());
}

TEST_CASE("limits that do not fit the table are unfit everywhere") {
    config c;
    c.limits.maxima = {{"no_such_limit", "1"}};
    CHECK(unfit_settings(c).size() == 1);
}

TEST_CASE("each insecure setting alone is refused in production") {
    config token = safe_for_production();
    token.auth.tokens[demo_token] = "demo";
    CHECK(unfit_settings(token).size() == 1);
    config guest = safe_for_production();
    guest.rabbitmq.connection.url.value = "amqp://guest:guest@127.0.0.1:5672/";
    CHECK(unfit_settings(guest).size() == 1);
    config cors = safe_for_production();
    cors.http.cors_origins = {"https://a.example", "*"};
    CHECK(unfit_settings(cors).size() == 1);
    config policy = safe_for_production();
    policy.auth.passwords.strict = false;
    CHECK(unfit_settings(policy).size() == 1);
    config cheap = safe_for_production();
    cheap.auth.passwords.hash_memory = 8_MiB;
    CHECK(unfit_settings(cheap).size() == 1);
    config plain = safe_for_production();
    plain.auth.sessions.secure_cookies = false;
    CHECK(unfit_settings(plain).size() == 1);
    config admin = safe_for_production();
    admin.auth.first_admin.password.value = "admin";
    CHECK(unfit_settings(admin).size() == 1);
}

TEST_CASE("the operator's limits replace the table's, and a lowered maximum pulls its default down"
) {
    limits_section c;
    c.maxima["memory_bytes"] = "67108864";
    c.defaults["cpu_time_ms"] = "1000";
    const auto policy = make_limit_policy(c);
    CHECK(policy.maxima[2] == 67'108'864);
    CHECK(policy.defaults[2] == 67'108'864);
    CHECK(policy.defaults[0] == 1000);
}

TEST_CASE("wrong limits keep the service from starting") {
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {"no_such_limit", "1"},
             {"cpu_time_ms", "fast"},
             {"memory_bytes", "99999999999"},
             {"processes", "-1"}}) {
        limits_section c;
        c.defaults[name] = value;
        INFO(name);
        CHECK_THROWS_AS(make_limit_policy(c), config_error);
    }
}

}  // namespace sluice::submission
