// The internal listener.
#include "sluice/http/admin.hpp"

#include "http_fixture.hpp"

#include "sluice/observe/log.hpp"

#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::http;

namespace {

struct admin_fixture {
    asio::io_context io;
    readiness state{true, {{"rabbitmq", ""}}};
    admin_server admin{io.get_executor(), "test", admin_config{}, [this] { return state; }};

    admin_fixture() { REQUIRE(admin.listen()); }
    ~admin_fixture() {
        testing::run_coro(io, [this] { return admin.close(); });
    }
    raw_answer
    ask(const std::string& method, const std::string& path, const std::string& body = "") {
        client c(io, admin.local_address());
        c.send(
            method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body
        );
        return testing::run_coro(io, [&] { return c.answer(); });
    }
};

}  // namespace

TEST_CASE_METHOD(admin_fixture, "liveness is always told, readiness follows the service") {
    CHECK(ask("GET", "/healthz").status() == 200);
    CHECK(ask("GET", "/readyz").status() == 200);
    state.is_ready = false;
    state.checks[0].second = "no connection";
    const raw_answer away = ask("GET", "/readyz");
    CHECK(away.status() == 503);
    CHECK(nlohmann::json::parse(away.body)["checks"]["rabbitmq"] == "no connection");
}

TEST_CASE_METHOD(admin_fixture, "metrics are refreshed just before they are shown") {
    int scrapes = 0;
    admin.on_scrape([&] { ++scrapes; });
    const raw_answer page = ask("GET", "/metrics");
    CHECK(scrapes == 1);
    CHECK_THAT(page.header("Content-Type"), Catch::Contains("version=0.0.4"));
    CHECK_THAT(page.body, Catch::Contains("# TYPE sluice_log_dropped_lines_total counter"));
}

TEST_CASE_METHOD(admin_fixture, "the build tells its version") {
    const auto build = nlohmann::json::parse(ask("GET", "/buildinfo").body);
    CHECK(build["service"] == "test");
    CHECK_FALSE(build["version"].get<std::string>().empty());
}

TEST_CASE_METHOD(
    admin_fixture,
    "the log level can be changed while running, but only to a real one"
) {
    CHECK(ask("PUT", "/log-level", R"({"level":"error"})").status() == 200);
    CHECK(observe::current_level() == observe::level::error);
    CHECK(ask("PUT", "/log-level", R"({"level":"loud"})").status() == 422);
    CHECK(ask("PUT", "/log-level", "loud").status() == 400);
    CHECK(observe::current_level() == observe::level::error);
    observe::set_level(observe::level::info);
}
