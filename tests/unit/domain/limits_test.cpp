// Effective limits: client before language before operator, within bounds.
#include "sluice/domain/limits.hpp"

#include <catch2/catch.hpp>

using namespace sluice::domain;

namespace {

constexpr std::size_t cpu = 0, wall = 1, memory = 2;

struct outcome {
    limits in_force;
    std::vector<limit_problem> problems;
};

outcome effective(
    const requested_limits& requested,
    const requested_limits& language = {},
    const limit_policy& policy = limit_policy::from_table()
) {
    outcome o;
    o.in_force = effective_limits(requested, language, policy, o.problems);
    return o;
}

}  // namespace

TEST_CASE("the table's defaults lie within its bounds") {
    for (const auto& row : limit_table) {
        INFO(row.name);
        CHECK(row.minimum > 0);
        CHECK(row.minimum <= row.default_value);
        CHECK(row.default_value <= row.maximum);
    }
}

TEST_CASE("what nobody asked for has the table's default") {
    const auto o = effective({});
    CHECK(o.problems.empty());
    for (const auto& row : limit_table)
        CHECK(o.in_force.*row.field == row.default_value);
}

TEST_CASE("a language's default stands before the operator's, the client's before both") {
    requested_limits language;
    language.values[memory] = 512 << 20;
    CHECK(effective({}, language).in_force.memory_bytes == 512 << 20);
    requested_limits client;
    client.values[memory] = 64 << 20;
    CHECK(effective(client, language).in_force.memory_bytes == 64 << 20);
}

TEST_CASE("the bounds themselves are allowed, one beyond is a problem with both bounds") {
    for (std::size_t i = 0; i < limit_table.size(); ++i) {
        const auto& row = limit_table[i];
        for (const auto value : {row.minimum, row.maximum}) {
            requested_limits r;
            r.values[i] = value;
            CHECK(effective(r).problems.empty());
            CHECK(effective(r).in_force.*row.field == value);
        }
        for (const auto value : {row.minimum - 1, row.maximum + 1}) {
            requested_limits r;
            r.values[i] = value;
            const auto o = effective(r);
            REQUIRE(o.problems.size() == 1);
            CHECK(o.problems[0].row == i);
            CHECK(o.problems[0].given == value);
            CHECK(o.problems[0].minimum == row.minimum);
            CHECK(o.problems[0].maximum == row.maximum);
        }
    }
}

TEST_CASE("every limit out of bounds is told, not only the first") {
    requested_limits r;
    for (auto& value : r.values)
        value = -1;
    CHECK(effective(r).problems.size() == limit_table.size());
}

TEST_CASE("a raised processor time brings the wall time that it needs") {
    requested_limits r;
    r.values[cpu] = 20'000;
    CHECK(effective(r).in_force.wall_time_ms == 61'000);
    r.values[wall] = 500;
    CHECK(effective(r).in_force.wall_time_ms == 500);
}

TEST_CASE("a small processor time does not shorten the default wall time") {
    requested_limits r;
    r.values[cpu] = 10;
    CHECK(effective(r).in_force.wall_time_ms == limit_table[wall].default_value);
}

TEST_CASE("the operator's maximum binds the client, the language and the derived wall time") {
    auto policy = limit_policy::from_table();
    policy.maxima[memory] = 100 << 20;
    policy.maxima[wall] = 7'000;
    requested_limits language;
    language.values[memory] = 512 << 20;
    const auto o = effective({}, language, policy);
    CHECK(o.problems.empty());
    CHECK(o.in_force.memory_bytes == 100 << 20);
    CHECK(o.in_force.wall_time_ms == 7'000);
    requested_limits client;
    client.values[memory] = 101 << 20;
    CHECK(effective(client, {}, policy).problems.size() == 1);
}
