// Rules for submissions: each refused thing with its field and code, and everything told at once.
#include "sluice/domain/validation.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace sluice::domain;

namespace {

std::vector<language> a_catalogue() {
    language c;
    c.id = "c17";
    c.aliases = {"c"};
    c.source_file = "main.c";
    c.compile = {"/usr/bin/gcc", "{sources}"};
    c.artefact_folder = "out";
    c.compile_arg_patterns = {"-O[0-3]", "-D[A-Z]+(=[0-9]+)?"};
    language python;
    python.id = "python3";
    python.aliases = {"python", "py"};
    python.source_file = "main.py";
    python.run_limits.values[2] = 512 << 20;
    return {c, python};
}

submit_request a_request() {
    submit_request r;
    r.language = "c17";
    r.files = {{"", "int main(void) {}"}};
    return r;
}

std::variant<task, std::vector<input_problem>> run(const submit_request& r) {
    return validate(r, a_catalogue(), limit_policy::from_table());
}

std::vector<std::string> problems_of(const submit_request& r) {
    const auto outcome = run(r);
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

using change = std::function<void(submit_request&)>;
struct row {
    std::string problem;
    change make;
};

void check_rows(const std::vector<row>& rows) {
    for (const auto& [problem, make] : rows) {
        auto r = a_request();
        make(r);
        INFO(problem);
        CHECK(problems_of(r) == std::vector<std::string>{problem});
    }
}

change file_named(std::string name) {
    return [name](submit_request& r) { r.files = {{"main.c", ""}, {name, ""}}; };
}

}  // namespace

TEST_CASE("a lone source gets the language's file name and the table's limits") {
    const auto outcome = run(a_request());
    REQUIRE(std::holds_alternative<task>(outcome));
    const auto& t = std::get<task>(outcome);
    CHECK(t.language == "c17");
    CHECK(t.files.at(0).name == "main.c");
    CHECK(t.limits.memory_bytes == 256 << 20);
    CHECK(t.version.empty());
}

TEST_CASE("an alias becomes the language's id, and its limits count") {
    auto r = a_request();
    r.language = "py";
    const auto outcome = run(r);
    REQUIRE(std::holds_alternative<task>(outcome));
    CHECK(std::get<task>(outcome).language == "python3");
    CHECK(std::get<task>(outcome).limits.memory_bytes == 512 << 20);
}

TEST_CASE("everything of a request reaches the task") {
    auto r = a_request();
    r.version = "12";
    r.files = {{"a.c", "1"}, {"lib/b.c", "2"}};
    r.stdin_bytes = std::string("\0x", 2);
    r.args = {"", "-x"};
    r.compile_args = {"-O2", "-DN=3"};
    r.env = {{"A_1", "b=c"}};
    r.expected_output = "";
    const auto outcome = run(r);
    REQUIRE(std::holds_alternative<task>(outcome));
    const auto& t = std::get<task>(outcome);
    CHECK(t.version == "12");
    CHECK(t.files.at(1).name == "lib/b.c");
    CHECK(t.stdin_bytes.size() == 2);
    CHECK(t.args == r.args);
    CHECK(t.compile_args == r.compile_args);
    CHECK(t.env == r.env);
    CHECK(t.expected_output == "");
}

TEST_CASE("language and version are checked") {
    check_rows({
        {"language required", [](auto& r) { r.language = ""; }},
        {"language not_allowed", [](auto& r) { r.language = "C17"; }},
        {"language not_allowed", [](auto& r) { r.language = "cobol"; }},
        {"version malformed", [](auto& r) { r.version = ""; }},
        {"version malformed", [](auto& r) { r.version = "3 11"; }},
        {"version malformed", [](auto& r) { r.version = std::string(33, '1'); }},
    });
}

TEST_CASE("files are counted and measured") {
    check_rows({
        {"source required", [](auto& r) { r.files.clear(); }},
        {"source too_large", [](auto& r) { r.files[0].content.resize((4 << 20) + 1); }},
        {"files too_large",
         [](auto& r) {
             r.files = {{"a", std::string(3 << 20, 'x')}, {"b", std::string(3 << 20, 'x')}};
         }},
        {"files too_many",
         [](auto& r) {
             r.files.clear();
             for (int i = 0; i < 257; ++i)
                 r.files.push_back({"f" + std::to_string(i), ""});
         }},
    });
    auto r = a_request();
    r.files[0].content.resize(4 << 20);
    CHECK(problems_of(r).empty());
}

TEST_CASE("names of files cannot lead out of the working folder or collide") {
    const std::string bad = "files[1].name not_allowed";
    std::vector<row> rows{{"files[1].name required", file_named("")}};
    for (const std::string name :
         {"/etc/passwd",
          "..",
          "../x",
          "a/../b",
          "a/..",
          ".",
          "./x",
          "a//b",
          "a/",
          "a\\b",
          "a\nb",
          "tmp",
          "tmp/x",
          "main.c"}) {
        rows.push_back({bad, file_named(name)});
    }
    rows.push_back({bad, file_named(std::string("a\0b", 3))});
    rows.push_back({bad, file_named(std::string(256, 'a'))});
    rows.push_back({"files[0].name not_allowed", file_named("main.c/x")});
    check_rows(rows);
    for (const auto* name : {"a/b/c.h", "...", "..a", "-o", "ä.c", "a b"}) {
        auto r = a_request();
        file_named(name)(r);
        INFO(name);
        CHECK(problems_of(r).empty());
    }
}

TEST_CASE("no file may have the name of the folder that the compiler writes to") {
    auto r = a_request();
    r.files = {{"main.c", ""}, {"out", "mine"}};
    CHECK(problems_of(r) == std::vector<std::string>{"files[1].name not_allowed"});
    r.files[1].name = "outer";
    CHECK(problems_of(r).empty());
    r.language = "python3";  // it has no such folder
    r.files = {{"main.py", ""}, {"out", "mine"}};
    CHECK(problems_of(r).empty());
}

TEST_CASE("texts and lists are bounded") {
    const std::string nul("a\0b", 3);
    check_rows({
        {"stdin too_large", [](auto& r) { r.stdin_bytes.resize((4 << 20) + 1); }},
        {"expected_output too_large",
         [](auto& r) { r.expected_output = std::string((4 << 20) + 1, 'x'); }},
        {"args too_many", [](auto& r) { r.args.resize(65); }},
        {"args[1] too_large",
         [](auto& r) {
             r.args = {"", std::string(4097, 'x')};
         }},
        {"args[0] not_allowed", [&](auto& r) { r.args = {nul}; }},
        {"env too_many",
         [](auto& r) {
             for (int i = 0; i < 65; ++i)
                 r.env.emplace_back("E" + std::to_string(i), "");
         }},
        {"env too_large",
         [](auto& r) {
             r.env = {{"A", std::string(16 << 10, 'x')}};
         }},
    });
}

TEST_CASE("compile arguments must match a pattern in full") {
    const std::string bad = "compile_args[0] not_allowed";
    check_rows({
        {bad, [](auto& r) { r.compile_args = {"-O9"}; }},
        {bad, [](auto& r) { r.compile_args = {"-O2 -x"}; }},
        {bad, [](auto& r) { r.compile_args = {"x-O2"}; }},
        {bad, [](auto& r) { r.compile_args = {""}; }},
        {"compile_args[0] too_large",
         [](auto& r) { r.compile_args = {"-D" + std::string(300, 'A')}; }},
        {"compile_args not_allowed",
         [](auto& r) {
             r.language = "python3";
             r.compile_args = {"-O2"};
         }},
    });
}

TEST_CASE("environment variables have proper names") {
    const std::string nul("a\0b", 3);
    check_rows({
        {"env malformed",
         [](auto& r) {
             r.env = {{"", "x"}};
         }},
        {"env malformed",
         [](auto& r) {
             r.env = {{"1A", "x"}};
         }},
        {"env malformed",
         [](auto& r) {
             r.env = {{"A=B", "x"}};
         }},
        {"env malformed",
         [&](auto& r) {
             r.env = {{nul, "x"}};
         }},
        {"env.A not_allowed",
         [&](auto& r) {
             r.env = {{"A", nul}};
         }},
        {"env.A not_allowed",
         [](auto& r) {
             r.env = {{"A", "1"}, {"A", "2"}};
         }},
    });
}

TEST_CASE("limits out of bounds name the field and both bounds") {
    check_rows({
        {"limits.cpu_time_ms too_small", [](auto& r) { r.limits.values[0] = 9; }},
        {"limits.memory_bytes too_large",
         [](auto& r) { r.limits.values[2] = (std::int64_t{2} << 30) + 1; }},
        {"limits.processes too_small", [](auto& r) { r.limits.values[3] = -1; }},
    });
    auto r = a_request();
    r.limits.values[0] = 1'000'000;
    const auto outcome = run(r);
    CHECK(std::get<std::vector<input_problem>>(outcome).at(0).allowed == "10 to 60000");
}

TEST_CASE("every problem is told, not only the first") {
    submit_request r;
    r.language = "cobol";
    r.version = "?";
    r.args = {std::string(4097, 'x')};
    r.env = {{"9", ""}};
    r.limits.values[0] = 0;
    CHECK(
        problems_of(r) ==
        std::vector<std::string>{
            "language not_allowed",
            "version malformed",
            "source required",
            "args[0] too_large",
            "env malformed",
            "limits.cpu_time_ms too_small"}
    );
}
