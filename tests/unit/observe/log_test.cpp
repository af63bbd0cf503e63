// Log lines: one JSON object each, whatever the values hold, and only from the chosen level on.
#include "sluice/observe/log.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <vector>

namespace observe = sluice::observe;

namespace {

// Everything logged while it lives.
struct captured {
    std::vector<std::string> lines;
    observe::log_redirect redirect{[this](std::string line) { lines.push_back(std::move(line)); }};
    nlohmann::json last() const { return nlohmann::json::parse(lines.at(lines.size() - 1)); }
};

}  // namespace

TEST_CASE("a line holds the context and the fields with their types") {
    captured log;
    observe::context ctx;
    ctx.correlation_id = "c-1";
    ctx.submission_id = "s-1";
    ctx.user_id = "alice";
    ctx.attempt = 2;
    ctx.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    observe::info(ctx, "thing_done", {{"count", 3}, {"share", 0.5}, {"ok", true}, {"name", "x"}});
    const auto line = log.last();
    CHECK(line["event"] == "thing_done");
    CHECK(line["level"] == "info");
    CHECK(line["correlation_id"] == "c-1");
    CHECK(line["submission_id"] == "s-1");
    CHECK(line["user_id"] == "alice");
    CHECK(line["attempt"] == 2);
    CHECK(line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736");
    CHECK(line["count"] == 3);
    CHECK(line["share"] == 0.5);
    CHECK(line["ok"] == true);
    CHECK(line["name"] == "x");
}

TEST_CASE("what is empty in the context is left out") {
    captured log;
    observe::info({}, "thing_done");
    CHECK_FALSE(log.last().contains("correlation_id"));
    CHECK_FALSE(log.last().contains("attempt"));
}

TEST_CASE("quotes, line breaks and bytes that are not UTF-8 keep the line one JSON object") {
    captured log;
    observe::info({}, "thing_done", {{"text", std::string("a\"b\nc\xff\x01 d\\")}});
    REQUIRE(log.lines.size() == 1);
    CHECK(log.lines[0].find('\n') == std::string::npos);
    CHECK(log.last()["text"] == "a\"b\nc\xEF\xBF\xBD\x01 d\\");
}

TEST_CASE("an error value is logged by its description") {
    captured log;
    const sluice::error e = sluice::fail(sluice::errc::timeout, "confirm");
    observe::warn({}, "publish_failed", {{"error", e}});
    CHECK(log.last()["error"] == describe(e));
}

TEST_CASE("lines below the level are not written") {
    captured log;
    observe::set_level(observe::level::warn);
    observe::info({}, "quiet");
    observe::warn({}, "loud");
    observe::set_level(observe::level::info);
    REQUIRE(log.lines.size() == 1);
    CHECK(log.last()["event"] == "loud");
}

TEST_CASE("level names are parsed, others refused") {
    auto level = observe::level::info;
    CHECK(observe::parse_level("debug", level));
    CHECK(level == observe::level::debug);
    CHECK_FALSE(observe::parse_level("verbose", level));
    CHECK(level == observe::level::debug);
}
