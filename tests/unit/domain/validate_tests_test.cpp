// Rules for tests, for how outputs are compared, and for the comparison of two programs.
#include "sluice/domain/validation.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace sluice::domain;

namespace {

std::vector<language> a_catalogue() {
    language c;
    c.id = "c17";
    c.aliases = {"c"};
    c.source_file = "main.c";
    c.compile = {"/usr/bin/gcc", "{sources}"};
    c.artefact_folder = "out";
    language python;
    python.id = "python3";
    python.aliases = {"python"};
    python.source_file = "main.py";
    return {c, python};
}

program_request a_program(std::string language = "python") {
    program_request p;
    p.language = std::move(language);
    p.files = {{"", "print(1)"}};
    return p;
}

test_case a_test(std::string expected = "1") {
    test_case t;
    t.name = "one";
    t.stdin_bytes = "in";
    t.expected_output = std::move(expected);
    return t;
}

submit_request a_request() {
    submit_request r;
    r.language = "c17";
    r.files = {{"", "int main(void) {}"}};
    r.tests = {a_test(), a_test("2")};
    return r;
}

comparison_request a_comparison() {
    comparison_request r;
    r.first = a_program("c");
    r.second = a_program();
    r.generator = a_program();
    return r;
}

template <class Request>
std::vector<std::string> problems_of(const Request& r, const submission_bounds& bounds = {}) {
    const auto outcome = validate(r, a_catalogue(), limit_policy::from_table(), bounds);
    std::vector<std::string> found;
    if (const auto* problems = std::get_if<std::vector<input_problem>>(&outcome)) {
        for (const auto& p : *problems) {
            CHECK_FALSE(p.message.empty());
            CHECK_FALSE(p.allowed.empty());
            found.push_back(p.field + " " + p.code);
        }
    }
    return found;
}

template <class Request>
task task_of(const Request& r) {
    auto outcome = validate(r, a_catalogue(), limit_policy::from_table());
    REQUIRE(std::holds_alternative<task>(outcome));
    return std::get<task>(std::move(outcome));
}

using problems = std::vector<std::string>;

}  // namespace

TEST_CASE("tests reach the task as they were given") {
    auto r = a_request();
    r.tests->at(1).args = std::vector<std::string>{"-v"};
    r.tests->at(1).weight = 5;
    r.stop_on_first_failure = true;
    r.compare = matching{match_mode::floats, 0.5, 0.25};
    const auto t = task_of(r);
    REQUIRE(t.tests.size() == 2);
    CHECK(t.tests[0].stdin_bytes == "in");
    CHECK_FALSE(t.tests[0].args);
    CHECK(t.tests[1].args == std::vector<std::string>{"-v"});
    CHECK(t.tests[1].weight == 5);
    CHECK(t.stop_on_first_failure);
    CHECK(t.compare == matching{match_mode::floats, 0.5, 0.25});
}

TEST_CASE("input and expected output belong to each test when there are tests") {
    auto r = a_request();
    r.stdin_bytes = "x";
    r.expected_output = "y";
    CHECK(problems_of(r) == problems{"stdin not_allowed", "expected_output not_allowed"});
    auto typed = a_request();
    typed.interactive = true;
    CHECK(problems_of(typed) == problems{"interactive not_allowed"});
}

TEST_CASE("there is at least one test and not too many") {
    auto r = a_request();
    r.tests->clear();
    CHECK(problems_of(r) == problems{"tests required"});
    r.tests->assign(1001, a_test());
    CHECK(problems_of(r) == problems{"tests too_many"});
    r.tests->assign(1000, a_test());
    CHECK(problems_of(r).empty());
}

TEST_CASE("everything wrong with a test is told with its place") {
    auto r = a_request();
    auto& t = r.tests->at(1);
    t.name = std::string(129, 'n');
    t.weight = -1;
    t.args = std::vector<std::string>{"a", std::string("b\0", 2), std::string(4097, 'c')};
    CHECK(
        problems_of(r) ==
        problems{
            "tests[1].name too_large",
            "tests[1].weight too_small",
            "tests[1].args[1] not_allowed",
            "tests[1].args[2] too_large"}
    );
    t = a_test();
    t.weight = 1'000'001;
    t.args.emplace(65, "x");
    CHECK(problems_of(r) == problems{"tests[1].weight too_large", "tests[1].args too_many"});
}

TEST_CASE("all tests together have a bound in bytes") {
    auto r = a_request();
    submission_bounds bounds;
    bounds.max_tests_bytes = 2 * (3 + 2 + 1);
    CHECK(problems_of(r, bounds).empty());
    r.tests->at(0).stdin_bytes += "x";
    CHECK(problems_of(r, bounds) == problems{"tests too_large"});
}

TEST_CASE("a rule of comparison needs something to compare with") {
    auto r = a_request();
    r.compare = matching{match_mode::tokens};
    CHECK(problems_of(r).empty());
    for (auto& t : *r.tests)
        t.expected_output.reset();
    CHECK(problems_of(r) == problems{"compare not_allowed"});
    r.compare.reset();
    CHECK(problems_of(r).empty());
}

TEST_CASE("tolerances are finite and not negative") {
    auto r = a_request();
    r.compare = matching{match_mode::floats, -1, std::numeric_limits<double>::infinity()};
    CHECK(problems_of(r) == problems{"compare.abs too_small", "compare.rel too_small"});
}

TEST_CASE("a checker is a program, checked like a submission") {
    auto r = a_request();
    r.compare = matching{match_mode::checker};
    CHECK(problems_of(r) == problems{"compare.checker required"});
    r.checker = a_program("cobol");
    r.checker->files.clear();
    CHECK(
        problems_of(r) ==
        problems{"compare.checker.language not_allowed", "compare.checker.source required"}
    );
    r.checker = a_program();
    r.compare->mode = match_mode::trim;
    CHECK(problems_of(r) == problems{"compare.checker not_allowed"});
    r.compare->mode = match_mode::checker;
    for (auto& t : *r.tests)
        t.expected_output.reset();
    const auto made = task_of(r);
    REQUIRE(made.checker);
    CHECK(made.checker->language == "python3");
    CHECK(made.checker->files.front().name == "main.py");
    CHECK(made.checker->limits.cpu_time_ms == 2000);
}

TEST_CASE("a comparison is three programs and bounds") {
    auto r = a_comparison();
    r.args = {"-x"};
    const auto usual = task_of(r);
    REQUIRE(usual.comparison);
    CHECK(usual.language == "c17");
    CHECK(usual.args == std::vector<std::string>{"-x"});
    CHECK(usual.comparison->second.language == "python3");
    CHECK(usual.comparison->rounds == 100);
    CHECK(usual.comparison->seed == 1);
    r.seed = -5;
    r.rounds = 1000;
    r.time_ms = 1;
    const auto own = task_of(r);
    CHECK(own.comparison->seed == -5);
    CHECK(own.comparison->rounds == 1000);
    CHECK(own.comparison->time_ms == 1);
}

TEST_CASE("every problem of a comparison is told with the program that has it") {
    auto r = a_comparison();
    r.first.files.clear();
    r.second.language = "x";
    r.generator.limits.values[0] = 1;
    r.args = {std::string("\0", 1)};
    r.rounds = 0;
    r.time_ms = 300'001;
    r.seed = std::int64_t{1} << 60;
    r.compare = matching{match_mode::checker};
    CHECK(
        problems_of(r) ==
        problems{
            "first.source required",
            "second.language not_allowed",
            "generator.limits.cpu_time_ms too_small",
            "seed too_large",
            "rounds too_small",
            "time_ms too_large",
            "compare.mode not_allowed",
            "args[0] not_allowed"}
    );
}

TEST_CASE("problems of a part are told below its path") {
    const auto moved = below("items[3]", {{"tests[2].name", "c", "m", "a"}, {"", "c", "m", "a"}});
    CHECK(moved[0].field == "items[3].tests[2].name");
    CHECK(moved[1].field == "items[3]");
}
