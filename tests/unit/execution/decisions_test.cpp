// The decisions about tasks that cannot run or failed for a reason of ours.
#include "decisions.hpp"

#include "fakes.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::execution;

TEST_CASE("what becomes of a failed task depends on the failure and the deliveries") {
    struct row {
        failure why;
        std::int64_t delivery_count;
        fate expected;
    };
    const auto r = GENERATE(
        row{failure::undecodable, 0, fate::dead_letter},
        row{failure::undecodable, 2, fate::dead_letter},
        row{failure::interrupted, 0, fate::give_back},
        row{failure::interrupted, 7, fate::give_back},
        row{failure::refused, 0, fate::publish_result},
        row{failure::language_missing, 0, fate::give_back},
        row{failure::language_missing, 1, fate::give_back},
        row{failure::language_missing, 2, fate::publish_result},
        row{failure::sandbox_failed, 0, fate::give_back},
        row{failure::sandbox_failed, 1, fate::give_back},
        row{failure::sandbox_failed, 2, fate::publish_result}
    );
    CHECK(fate_of(r.why, r.delivery_count) == r.expected);
}

TEST_CASE("a version matches itself and everything it is the beginning of") {
    CHECK(version_matches("", "3.11.2"));
    CHECK(version_matches("3.11.2", "3.11.2"));
    CHECK(version_matches("3.11", "3.11.2"));
    CHECK(version_matches("3", "3.11.2"));
    CHECK_FALSE(version_matches("3.1", "3.11.2"));
    CHECK_FALSE(version_matches("3.11.2", "3.11"));
    CHECK_FALSE(version_matches("3.12", "3.11.2"));
}

TEST_CASE("a task past its deadline is refused with that reason") {
    const testing::manual_clock time;
    const language_table table = fakes::two_languages();
    domain::task t = fakes::a_task(time);
    t.deadline_at = time.now() - std::chrono::milliseconds(1);
    const auto refused = refuse(t, table.find("python3"), time.now());
    REQUIRE(refused.has_value());
    CHECK(refused->why == failure::refused);
    CHECK(refused->message.find("deadline") != std::string::npos);
}

TEST_CASE("an unknown language is named") {
    const testing::manual_clock time;
    const language_table table = fakes::two_languages();
    const domain::task t = fakes::a_task(time, "brainfog");
    const auto refused = refuse(t, table.find("brainfog"), time.now());
    REQUIRE(refused.has_value());
    CHECK(refused->why == failure::language_missing);
    CHECK(refused->message.find("brainfog") != std::string::npos);
}

TEST_CASE("a language whose tool is missing is refused with the package that brings it") {
    const testing::manual_clock time;
    const language_table table = fakes::two_languages();
    const auto refused = refuse(fakes::a_task(time, "cobol"), table.find("cobol"), time.now());
    REQUIRE(refused.has_value());
    CHECK(refused->why == failure::language_missing);
    CHECK(refused->message.find("gnucobol") != std::string::npos);
}

TEST_CASE("another version than the installed one is refused and the installed one is named") {
    const testing::manual_clock time;
    const language_table table = fakes::two_languages();
    domain::task t = fakes::a_task(time);
    t.version = "2.7";
    const auto refused = refuse(t, table.find("python3"), time.now());
    REQUIRE(refused.has_value());
    CHECK(refused->why == failure::refused);
    CHECK(refused->message.find("3.11.2") != std::string::npos);
}

TEST_CASE("a task that fits may run") {
    const testing::manual_clock time;
    const language_table table = fakes::two_languages();
    CHECK_FALSE(refuse(fakes::a_task(time), table.find("python3"), time.now()).has_value());
}

TEST_CASE("compiler messages are stdout, then stderr, cut at the bound") {
    bool is_truncated = false;
    CHECK(compiler_messages("out", "err", 6, is_truncated) == "outerr");
    CHECK_FALSE(is_truncated);
    CHECK(compiler_messages("out", "err", 4, is_truncated) == "oute");
    CHECK(is_truncated);
}
