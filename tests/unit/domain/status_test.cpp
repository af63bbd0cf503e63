// Names of states and limits, and which state may follow which.
#include "sluice/domain/status.hpp"

#include "sluice/domain/limits.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace sluice::domain;

TEST_CASE("every status has a name of its own that parses back") {
    std::set<std::string_view> names;
    for (const auto s : all_statuses) {
        CHECK(parse_status(to_string(s)) == s);
        names.insert(to_string(s));
    }
    CHECK(names.size() == 12);
    CHECK_FALSE(parse_status("Accepted"));
    CHECK_FALSE(parse_status(""));
}

TEST_CASE("queued and running pass, the other ten are terminal") {
    int terminal = 0;
    for (const auto s : all_statuses)
        terminal += is_terminal(s) ? 1 : 0;
    CHECK(terminal == 10);
    CHECK_FALSE(is_terminal(status::queued));
    CHECK_FALSE(is_terminal(status::running));
}

TEST_CASE("a state never moves back and a terminal one never changes") {
    CHECK(may_follow(status::queued, status::running));
    CHECK(may_follow(status::queued, status::cancelled));
    CHECK(may_follow(status::running, status::accepted));
    CHECK_FALSE(may_follow(status::running, status::queued));
    for (const auto s : all_statuses) {
        CHECK_FALSE(may_follow(s, s));
        CHECK_FALSE(may_follow(status::accepted, s));
        CHECK_FALSE(may_follow(s, status::queued));
    }
}

TEST_CASE("a limit is called what the limits table calls it") {
    std::set<std::string_view> names;
    for (int i = 1; i <= static_cast<int>(limit_kind::idle_time); ++i) {
        const auto kind = static_cast<limit_kind>(i);
        CHECK(parse_limit_kind(to_string(kind)) == kind);
        names.insert(to_string(kind));
    }
    for (const auto& row : limit_table)
        CHECK(names.contains(row.name));
    // The idle limit is the service's, not a submission's.
    CHECK(names.size() == limit_table.size() + 1);
    CHECK(names.contains("idle_time_ms"));
    CHECK(to_string(limit_kind::none).empty());
}
