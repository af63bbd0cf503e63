// Bodies with tests, batches and comparisons: what is read, and where each mistake is told.
#include "sluice/messages/json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::messages;

namespace {

template <class Parsed>
auto accepted(Parsed parsed) {
    if (const auto* failure = std::get_if<parse_failure>(&parsed)) {
        UNSCOPED_INFO(failure->malformed);
        for (const auto& p : failure->problems)
            UNSCOPED_INFO(p.field << " " << p.message);
        FAIL("refused");
    }
    return std::get<0>(std::move(parsed));
}

template <class Parsed>
std::vector<std::string> problems(const Parsed& parsed) {
    std::vector<std::string> found;
    if (const auto* failure = std::get_if<parse_failure>(&parsed)) {
        for (const auto& p : failure->problems)
            found.push_back(p.field + " " + p.code);
    }
    return found;
}

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("every field of a test is read, and a test without a name gets its number") {
    const auto r = accepted(parse_submit_request(R"({"language":"c","source":"x",
        "tests":[{"name":"small","stdin":"AAE=","stdin_encoding":"base64","args":["-v"],
                  "expected_output":"Mw==","expected_output_encoding":"base64","weight":7},{}],
        "stop_on_first_failure":true,"compare":{"mode":"float","abs":0,"rel":1e-3}})"));
    REQUIRE(r.tests);
    REQUIRE(r.tests->size() == 2);
    const auto& first = r.tests->at(0);
    CHECK(first.name == "small");
    CHECK(first.stdin_bytes == std::string("\0\1", 2));
    CHECK(first.args == std::vector<std::string>{"-v"});
    CHECK(first.expected_output == "3");
    CHECK(first.weight == 7);
    const auto& second = r.tests->at(1);
    CHECK(second.name == "2");
    CHECK_FALSE(second.args);
    CHECK_FALSE(second.expected_output);
    CHECK(second.weight == 1);
    CHECK(r.stop_on_first_failure);
    CHECK(r.compare == domain::matching{domain::match_mode::floats, 0, 1e-3});
}

TEST_CASE("a checker is a program beside the rule") {
    const auto r = accepted(parse_submit_request(R"({"language":"c","source":"x",
        "expected_output":"","compare":{"mode":"checker","checker":{"language":"py","version":"3",
        "files":[{"name":"a.py","content":"1"}],"limits":{"cpu_time_ms":5}}}})"));
    REQUIRE(r.checker);
    CHECK(r.checker->language == "py");
    CHECK(r.checker->version == "3");
    CHECK(r.checker->files.at(0).name == "a.py");
    CHECK(r.checker->limits.values[0] == 5);
}

TEST_CASE("a mistake in a test or a rule is told with its path") {
    CHECK(
        problems(parse_submit_request(R"({"language":"c","source":"x",
            "tests":[{},{"name":3,"x":1,"args":["a",2],"weight":"1"},4],
            "compare":{"mode":"fuzzy","abs":"0","checker":{"source":"x"}}})")) ==
        list{
            "compare.abs wrong_type",
            "compare.checker.language required",
            "compare.mode not_allowed",
            "tests[1].args[1] wrong_type",
            "tests[1].name wrong_type",
            "tests[1].weight wrong_type",
            "tests[1].x unknown_field",
            "tests[2] wrong_type"}
    );
}

TEST_CASE("a weight beyond every number is as large as a number gets") {
    const auto r = accepted(parse_submit_request(
        R"({"language":"c","source":"x","tests":[{"weight":18446744073709551615}]})"
    ));
    CHECK(r.tests->at(0).weight == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("a batch is submissions, or lines of shell") {
    const auto items = accepted(parse_batch_request(
        R"({"items":[{"language":"c","source":"x"},{"language":"py","source":"y","stdin":"z"}]})"
    ));
    REQUIRE(items.items.size() == 2);
    CHECK_FALSE(items.is_commands);
    CHECK(items.items[1].stdin_bytes == "z");
    const auto commands = accepted(parse_batch_request(R"({"commands":["echo 1","echo 2"]})"));
    CHECK(commands.is_commands);
    REQUIRE(commands.items.size() == 2);
    CHECK(commands.items[1].language == "bash");
    CHECK(commands.items[1].files.at(0).content == "echo 2");
    const auto lua = accepted(parse_batch_request(R"({"commands":["x"],"language":"lua"})"));
    CHECK(lua.items[0].language == "lua");
}

TEST_CASE("every mistake in a batch is told with its item") {
    CHECK(
        problems(parse_batch_request(R"({"items":[{"language":"c","source":"x"},
            {"language":1,"source":"x"},{"language":"c","tests":[{"stdin":1}]},5]})")) ==
        list{
            "items[1].language wrong_type",
            "items[2].tests[0].stdin wrong_type",
            "items[3] wrong_type"}
    );
    CHECK(problems(parse_batch_request("{}")) == list{"items required"});
    CHECK(
        problems(parse_batch_request(R"({"items":[],"commands":[]})")) == list{"items not_allowed"}
    );
    CHECK(problems(parse_batch_request(R"({"commands":[1]})")) == list{"commands[0] wrong_type"});
    auto parsed = parse_batch_request("[");
    CHECK_FALSE(std::get<parse_failure>(parsed).malformed.empty());
}

TEST_CASE("a comparison is three programs and bounds") {
    const auto r = accepted(parse_comparison_request(R"({"first":{"language":"c","source":"1"},
        "second":{"language":"c","source":"2"},"generator":{"language":"py","source":"3"},
        "args":["-x"],"compare":{"mode":"tokens"},"seed":-4,"rounds":5,"time_ms":6})"));
    CHECK(r.first.files.at(0).content == "1");
    CHECK(r.second.files.at(0).content == "2");
    CHECK(r.generator.language == "py");
    CHECK(r.args == std::vector<std::string>{"-x"});
    CHECK(r.compare == domain::matching{domain::match_mode::tokens});
    CHECK(r.seed == -4);
    CHECK(r.rounds == 5);
    CHECK(r.time_ms == 6);
}

TEST_CASE("what a comparison lacks is told") {
    CHECK(
        problems(parse_comparison_request(R"({"first":{"language":"c","source":"1","files":[]},
            "generator":3,"rounds":1.5})")) ==
        list{
            "first.source not_allowed",
            "generator wrong_type",
            "rounds wrong_type",
            "second required"}
    );
}
