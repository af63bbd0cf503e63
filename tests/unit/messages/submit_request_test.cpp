// The body of POST /api/v1/submissions: what is read, and how each mistake is told.
#include "sluice/messages/json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::messages;
using nlohmann::json;

namespace {

domain::submit_request accepted(const std::string& body) {
    auto outcome = parse_submit_request(body);
    if (const auto* failure = std::get_if<parse_failure>(&outcome)) {
        INFO(failure->malformed);
        for (const auto& p : failure->problems)
            UNSCOPED_INFO(p.field << " " << p.message);
        FAIL("refused: " << body.substr(0, 200));
    }
    return std::get<domain::submit_request>(outcome);
}

std::string malformed(const std::string& body) {
    auto outcome = parse_submit_request(body);
    REQUIRE(std::holds_alternative<parse_failure>(outcome));
    auto& failure = std::get<parse_failure>(outcome);
    CHECK(failure.problems.empty());
    CHECK(is_valid_utf8(failure.malformed));
    return failure.malformed;
}

std::vector<domain::input_problem> problems(const std::string& body) {
    auto outcome = parse_submit_request(body);
    REQUIRE(std::holds_alternative<parse_failure>(outcome));
    CHECK(std::get<parse_failure>(outcome).malformed.empty());
    return std::get<parse_failure>(outcome).problems;
}

// One wrong field beside a right language and source.
void check_field(const std::string& member, const std::string& expected) {
    INFO(member);
    const auto found = problems(R"({"language":"c","source":"x",)" + member + "}");
    REQUIRE(found.size() == 1);
    CHECK(found[0].field + " " + found[0].code == expected);
    CHECK_FALSE(found[0].message.empty());
}

}  // namespace

TEST_CASE("every field of a body is read") {
    const auto r = accepted(R"({"language":"c17","version":"12","files":[
        {"name":"main.c","content":"int main;"},
        {"name":"b","content":"AP8=","encoding":"base64"}],
        "stdin":"1\u0000","stdin_encoding":"utf8","args":["a",""],"compile_args":["-O2"],
        "env":{"A":"1","B":"2"},"limits":{"cpu_time_ms":500,"stack_bytes":1048576},
        "expected_output":"Mw==","expected_output_encoding":"base64"})");
    CHECK(r.language == "c17");
    CHECK(r.version == "12");
    REQUIRE(r.files.size() == 2);
    CHECK(r.files[0].name == "main.c");
    CHECK(r.files[0].content == "int main;");
    CHECK(r.files[1].content == std::string("\0\xff", 2));
    CHECK(r.stdin_bytes == std::string("1\0", 2));
    CHECK(r.args == std::vector<std::string>{"a", ""});
    CHECK(r.compile_args == std::vector<std::string>{"-O2"});
    CHECK(r.env.size() == 2);
    CHECK(r.limits.values[0] == 500);
    CHECK_FALSE(r.limits.values[1]);
    CHECK(r.limits.values[9] == 1048576);
    CHECK(r.expected_output == "3");
}

TEST_CASE("a lone source becomes one file without a name, its encoding may come first") {
    const auto r = accepted(R"({"source_encoding":"base64","language":"c","source":"eA=="})");
    REQUIRE(r.files.size() == 1);
    CHECK(r.files[0].name.empty());
    CHECK(r.files[0].content == "x");
    CHECK_FALSE(r.expected_output);
    CHECK_FALSE(r.version);
}

TEST_CASE("what is missing is left to validation, which knows the catalogue") {
    const auto r = accepted("{}");
    CHECK(r.language.empty());
    CHECK(r.files.empty());
}

TEST_CASE("text that is no JSON object is malformed, with the place") {
    CHECK_THAT(malformed(""), Catch::Contains("line 1, column 1"));
    CHECK_THAT(malformed("{\"a\":1,\n }"), Catch::Contains("line 2, column 2"));
    CHECK_THAT(malformed("{} x"), Catch::Contains("line 1, column 4"));
    CHECK_THAT(malformed("[1]"), Catch::Contains("object"));
    CHECK_THAT(malformed("null"), Catch::Contains("object"));
    CHECK_THAT(malformed("{\"a\":01}"), Catch::Contains("not JSON"));
    CHECK_THAT(malformed("{\"a\":\"\\ud800\"}"), Catch::Contains("not JSON"));
    CHECK_THAT(malformed("{\"a\":\"\xff\"}"), Catch::Contains("UTF-8"));
    CHECK_THAT(malformed("{'a':1}"), Catch::Contains("not JSON"));
    CHECK_THAT(malformed(R"({"a":NaN})"), Catch::Contains("not JSON"));
}

TEST_CASE("a key given twice is malformed, with its path") {
    CHECK_THAT(malformed(R"({"a":1,"a":2})"), Catch::Contains("a is given twice"));
    CHECK_THAT(
        malformed(R"({"files":[{},{"name":"x","name":"y"}]})"),
        Catch::Contains("files[1].name is given twice")
    );
    CHECK_THAT(malformed(R"({"env":{"A":"1","A":"2"}})"), Catch::Contains("env.A is given twice"));
}

TEST_CASE("deep nesting and floods of values are refused before they cost anything") {
    CHECK_THAT(malformed(std::string(1 << 20, '[')), Catch::Contains("nested deeper"));
    std::string objects;
    for (int i = 0; i < 100'000; ++i)
        objects += "{\"a\":";
    CHECK_THAT(malformed(objects), Catch::Contains("nested deeper"));
    std::string many = "{\"args\":[0";
    for (int i = 0; i < 60'000; ++i)
        many += ",0";
    CHECK_THAT(malformed(many + "]}"), Catch::Contains("more than"));
}

TEST_CASE("an unknown field is named together with what is known there") {
    const auto found = problems(R"({"language":"c","source":"x","langauge":"c"})");
    REQUIRE(found.size() == 1);
    CHECK(found[0].field == "langauge");
    CHECK(found[0].code == "unknown_field");
    CHECK_THAT(found[0].allowed, Catch::Contains("language, version, source"));
    check_field(R"("limits":{"cpu":1})", "limits.cpu unknown_field");
    const auto in_file =
        problems(R"({"language":"c","files":[{"name":"a","content":"","mode":1}]})");
    CHECK(in_file.at(0).field == "files[0].mode");
    CHECK(in_file.at(0).allowed == "name, content, encoding");
}

TEST_CASE("a wrong type is told with its path") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {R"("version":3.11)", "version wrong_type"},
        {R"("version":null)", "version wrong_type"},
        {R"("stdin":1)", "stdin wrong_type"},
        {R"("args":"x")", "args wrong_type"},
        {R"("args":["x",1])", "args[1] wrong_type"},
        {R"("compile_args":[[]])", "compile_args[0] wrong_type"},
        {R"("env":[])", "env wrong_type"},
        {R"("env":{"A":1})", "env.A wrong_type"},
        {R"("limits":[])", "limits wrong_type"},
        {R"("limits":{"cpu_time_ms":"500"})", "limits.cpu_time_ms wrong_type"},
        {R"("limits":{"cpu_time_ms":1.5})", "limits.cpu_time_ms wrong_type"},
        {R"("limits":{"cpu_time_ms":1e3})", "limits.cpu_time_ms wrong_type"},
        {R"("limits":{"cpu_time_ms":true})", "limits.cpu_time_ms wrong_type"},
    };
    for (const auto& [member, expected] : rows)
        check_field(member, expected);
}

TEST_CASE("values of the right type can still be wrong") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {R"("stdin_encoding":"hex")", "stdin_encoding not_allowed"},
        {R"("stdin":"eA=","stdin_encoding":"base64")", "stdin malformed"},
        {R"("files":[])", "source not_allowed"},
        {R"("limits":{"inodes":18446744073709551615})", "limits.inodes too_large"},
        {R"("limits":{"inodes":9223372036854775808})", "limits.inodes too_large"},
        {R"("limits":{"inodes":99999999999999999999999})", "limits.inodes too_large"},
    };
    for (const auto& [member, expected] : rows)
        check_field(member, expected);
}

TEST_CASE("an integer below every bound reaches validation as it is or as the smallest one") {
    const auto of = [](const std::string& number) {
        return *accepted(R"({"limits":{"inodes":)" + number + "}}").limits.values[7];
    };
    CHECK(of("-5") == -5);
    CHECK(of("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    CHECK(of("-99999999999999999999999") == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("a file needs a name and content") {
    const auto found = problems(R"({"language":"c","files":[{"name":"a"},{"content":"x"},3]})");
    REQUIRE(found.size() == 3);
    CHECK(found[0].field + " " + found[0].code == "files[0].content required");
    CHECK(found[1].field + " " + found[1].code == "files[1].name required");
    CHECK(found[2].field + " " + found[2].code == "files[2] wrong_type");
    CHECK(problems(R"({"files":[{"name":"","content":""}]})").at(0).field == "files[0].name");
}

TEST_CASE("every problem is told, up to a hundred") {
    CHECK(problems(R"({"a":1,"b":2,"language":3})").size() == 3);
    std::string body = "{\"args\":[1";
    for (int i = 0; i < 1000; ++i)
        body += ",1";
    CHECK(problems(body + "]}").size() == 100);
}

TEST_CASE("a client's own long key is not sent back whole") {
    const auto found = problems("{\"" + std::string(100'000, 'k') + "\":1}");
    CHECK(found.at(0).field.size() < 100);
    std::string umlauts;
    for (int i = 0; i < 100; ++i)
        umlauts += "\xc3\xa4";
    CHECK(is_valid_utf8(problems("{\"a" + umlauts + "\":1}").at(0).field));
}

TEST_CASE("running an upload takes everything but the program, and may say nothing") {
    for (const char* nothing : {"", "{}"}) {
        const auto outcome = parse_execute_request(nothing);
        REQUIRE(std::holds_alternative<execute_request>(outcome));
        CHECK(std::get<execute_request>(outcome).request.files.empty());
    }
    const auto outcome =
        parse_execute_request(R"({"main": "a.py", "stdin": "7", "args": ["x"], "language": "py"})");
    REQUIRE(std::holds_alternative<execute_request>(outcome));
    const auto& given = std::get<execute_request>(outcome);
    CHECK(given.main_file == "a.py");
    CHECK(given.request.stdin_bytes == "7");
    CHECK(given.request.language == "py");
    for (const char* program : {R"({"source": "x"})", R"({"files": []})", R"({"main": 1})"}) {
        const auto refused = parse_execute_request(program);
        REQUIRE(std::holds_alternative<parse_failure>(refused));
        CHECK(std::get<parse_failure>(refused).problems.size() == 1);
    }
    const auto none = parse_execute_request("[]");
    REQUIRE(std::holds_alternative<parse_failure>(none));
    CHECK_FALSE(std::get<parse_failure>(none).malformed.empty());
}
