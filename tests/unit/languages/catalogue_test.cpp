// Language files: the shipped ones load and make sense, and mistakes are told with file and line.
#include "sluice/languages/catalogue.hpp"

#include "sluice/domain/execution_plan.hpp"
#include "sluice/domain/validation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

using namespace sluice;
using languages::parse_language;

namespace {

const std::vector<domain::language>& shipped() {
    static const auto catalogue = languages::load_catalogue("deployments/languages").value();
    return catalogue;
}

const std::string good = R"(id: toy
name: Toy
aliases: [t]
source_file: main.toy
extensions: [.toy]
compile: [/usr/bin/toyc, '{compile_args}', '{sources}', -o, '{output}']
run: ['/box/{output}', '{args}']
artefact_folder: out
keeps_sources: false
env:
    MODE: fast
run_limits:
    memory_bytes: 536870912
compile_limits:
    cpu_time_ms: 30000
compile_arg_patterns: ['-O[0-3]']
read_only_paths: [/usr]
version_command: [/usr/bin/toyc, --version]
version_pattern: 'toy ([0-9.]+)'
packages: [toy]
judge0_ids: [1, 2]
piston_aliases: [toy]
example: |
    print "Hello, Sluice!"
)";

// The good file with one line replaced (or removed, or added after `line`).
std::string with(const std::string& line, const std::string& instead) {
    auto text = good;
    const auto at = text.find(line);
    REQUIRE(at != std::string::npos);
    return text.replace(at, line.size(), instead);
}

std::string problem_of(const std::string& yaml) {
    const auto parsed = parse_language(yaml, "toy.yaml");
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error() == errc::invalid);
    return parsed.error().detail;
}

// A folder that is removed at the end of the test.
class temporary_folder {
public:
    temporary_folder() {
        std::string pattern = std::filesystem::temp_directory_path() / "sluice-languages-XXXXXX";
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~temporary_folder() { std::filesystem::remove_all(path_); }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    std::string path() const { return path_; }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ / name) << text;
    }

private:
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("every field of a language file is read") {
    const auto l = parse_language(good, "some/where/toy.yaml").value();
    CHECK(l.id == "toy");
    CHECK(l.aliases == std::vector<std::string>{"t"});
    CHECK(l.compile.size() == 5);
    CHECK(l.run.at(0) == "/box/{output}");
    CHECK_FALSE(l.keeps_sources);
    CHECK(l.env.at(0).second == "fast");
    CHECK(l.run_limits.values[2] == 536870912);
    CHECK_FALSE(l.run_limits.values[0]);
    CHECK(l.compile_limits.cpu_time_ms == 30000);
    CHECK(l.compile_limits.memory_bytes == std::int64_t{512} << 20);
    CHECK(l.judge0_ids == std::vector<std::int64_t>{1, 2});
    CHECK(l.example == "print \"Hello, Sluice!\"\n");
    CHECK_FALSE(l.install_by_default);
}

TEST_CASE("a mistake is told with file, line and key") {
    struct row {
        std::string line, instead, problem;
    };
    const std::vector<row> rows{
        {"name: Toy", "nmae: Toy", "toy.yaml:2: unknown key 'nmae'"},
        {"name: Toy", "name: Toy\nname: Toy2", "toy.yaml:3: key 'name' is given twice"},
        {"name: Toy", "name: [a]", "toy.yaml:2: 'name' must be text"},
        {"name: Toy\n", "", "'name' is required"},
        {"aliases: [t]", "aliases: t", "toy.yaml:3: 'aliases' must be a list"},
        {"aliases: [t]", "aliases: [A]", "toy.yaml:3: 'aliases' holds 'A'"},
        {"id: toy", "id: toys", "toy.yaml:1: 'id' must be the file's name"},
        {"main.toy", "../main.toy", "toy.yaml:4: 'source_file' is not safe"},
        {"[/usr/bin/toyc, '{comp", "[toyc, '{comp", "toy.yaml:6: 'compile' must begin with an abs"},
        {"'{args}'", "'{arg}'", "toy.yaml:7: 'run' has '{arg}'"},
        {"'{sources}'", "'{args}'", "toy.yaml:6: 'compile' has '{args}'"},
        {"artefact_folder: out\n", "", "'artefact_folder' must name a folder"},
        {"keeps_sources: false", "keeps_sources: 0", "toy.yaml:9: 'keeps_sources' must be true or"},
        {"536870912", "512MiB", "toy.yaml:13: 'run_limits.memory_bytes' must be an integer"},
        {"536870912", "1", "toy.yaml:13: 'run_limits.memory_bytes' must be 4194304 to"},
        {"cpu_time_ms", "cpu_ms", "toy.yaml:15: unknown key 'compile_limits.cpu_ms'"},
        {"-O[0-3]", "-O[0-3", "toy.yaml:16: 'compile_arg_patterns' holds '-O[0-3'"},
        {"([0-9.]+)", "[0-9.]+", "toy.yaml:19: 'version_pattern' needs a capture group"},
        {"'{args}'", "'{prepared_args}', '{args}'", "'prepare' needs both run_args and"},
        {"[1, 2]", "[1, x]", "toy.yaml:21: 'judge0_ids' must be a list of integers"},
        {"[/usr]", "[usr]", "toy.yaml:17: 'read_only_paths' must hold absolute paths"},
        {"id: toy", "id: toy: x", "toy.yaml:1"},
    };
    for (const auto& [line, instead, problem] : rows) {
        INFO(instead);
        CHECK_THAT(problem_of(with(line, instead)), Catch::Contains(problem));
    }
    CHECK_THAT(problem_of("- a list"), Catch::Contains("must be a mapping"));
}

TEST_CASE("every mistake of a file is told") {
    const auto text = problem_of("id: toy\nnmae: x\nkeeps_sources: 7\n");
    CHECK_THAT(text, Catch::Contains("'nmae'"));
    CHECK_THAT(text, Catch::Contains("'keeps_sources'"));
    CHECK_THAT(text, Catch::Contains("'run' is required"));
}

TEST_CASE("a catalogue is sorted, and a name belongs to one language") {
    const temporary_folder folder;
    folder.write("toy.yaml", good);
    folder.write("notes.txt", "not a language");
    auto second = with("id: toy", "id: a-toy");
    second = second.replace(second.find("[t]"), 3, "[u]");
    folder.write("a-toy.yaml", second);
    const auto loaded = languages::load_catalogue(folder.path());
    REQUIRE(loaded.has_value());
    CHECK(loaded->at(0).id == "a-toy");
    CHECK(loaded->at(1).id == "toy");

    folder.write("a-toy.yaml", with("id: toy", "id: a-toy"));
    const auto clash = languages::load_catalogue(folder.path());
    REQUIRE_FALSE(clash.has_value());
    CHECK_THAT(clash.error().detail, Catch::Contains("'t' belongs to"));
}

TEST_CASE("one wrong file refuses the whole catalogue, as do no files and no folder") {
    const temporary_folder folder;
    CHECK_THAT(
        languages::load_catalogue(folder.path()).error().detail,
        Catch::Contains("holds no language")
    );
    folder.write("toy.yaml", good);
    folder.write("bad.yaml", "id: bad");
    CHECK_THAT(
        languages::load_catalogue(folder.path()).error().detail,
        Catch::Contains("bad.yaml:1")
    );
    CHECK(languages::load_catalogue(folder.path() + "/none").error() == errc::io);
}

TEST_CASE("all shipped languages load") {
    CHECK(shipped().size() == 20);
    std::set<std::string> ids;
    for (const auto& l : shipped())
        ids.insert(l.id);
    for (const auto* id :
         {"c17",
          "cpp20",
          "python3",
          "javascript",
          "java",
          "bash",
          "go",
          "rust",
          "perl",
          "ruby",
          "php",
          "lua"}) {
        CHECK(ids.contains(id));
    }
}

TEST_CASE("five languages are installed by default") {
    std::set<std::string> ids;
    for (const auto& l : shipped()) {
        if (l.install_by_default) ids.insert(l.id);
    }
    CHECK(ids == std::set<std::string>{"bash", "c17", "cpp20", "javascript", "python3"});
}

TEST_CASE("each shipped language has an example, a plan for it, and files of its own ending") {
    for (const auto& l : shipped()) {
        INFO(l.id);
        CHECK_THAT(l.example, Catch::Contains("Hello, Sluice!"));
        CHECK(std::any_of(l.extensions.begin(), l.extensions.end(), [&](const auto& ending) {
            return l.source_file.ends_with(ending);
        }));
        domain::submit_request request;
        request.language = l.id;
        request.files = {{"", l.example}};
        const auto outcome =
            domain::validate(request, shipped(), domain::limit_policy::from_table());
        REQUIRE(std::holds_alternative<domain::task>(outcome));
        const auto plan = domain::make_plan(std::get<domain::task>(outcome), l, "1");
        for (const auto& word : plan.run.argv)
            CHECK(word.find('{') == std::string::npos);
        CHECK(plan.run.argv.at(0).starts_with('/'));
    }
}

TEST_CASE("ids of Judge0 and names of Piston lead to one language each") {
    std::set<std::int64_t> ids;
    std::set<std::string> names;
    for (const auto& l : shipped()) {
        for (const auto id : l.judge0_ids)
            CHECK(ids.insert(id).second);
        for (const auto& name : l.piston_aliases) {
            INFO(l.id << " " << name);
            CHECK(names.insert(name).second);
        }
    }
    CHECK(ids.contains(71));
    CHECK(names.contains("c++"));
}

TEST_CASE("no compile argument can name another program, a plugin or an output file") {
    for (const auto& l : shipped()) {
        for (const auto* argument :
             {"-o",
              "-oother",
              "-wrapper",
              "-fplugin=x.so",
              "-B.",
              "@file",
              "main.c",
              "-Wl,-rpath",
              "-J-agentpath:x",
              "-processor",
              "-toolexec=x",
              "-Clinker=x",
              "-march=native"}) {
            for (const auto& pattern : l.compile_arg_patterns) {
                INFO(l.id << " " << pattern << " " << argument);
                CHECK_FALSE(std::regex_match(argument, std::regex(pattern)));
            }
        }
    }
}

TEST_CASE("probing finds the version of what is there") {
    auto l = parse_language(good, "toy.yaml").value();
    l.compile.clear();
    l.run = {"/bin/sh"};
    l.version_command = {"/bin/sh", "-c", "echo toy 1.2.3 >&2; exit 1"};
    const auto found = languages::probe({l}).at(0);
    CHECK(found.id == "toy");
    CHECK(found.is_available);
    CHECK(found.version == "1.2.3");
    CHECK(found.reason.empty());
}

TEST_CASE("probing says what is missing and what brings it") {
    auto missing = parse_language(good, "toy.yaml").value();
    auto silent = missing;
    silent.id = "silent";
    silent.compile = {"/bin/sh"};
    silent.version_command = {"/bin/sh", "-c", "exit 0"};
    const auto found = languages::probe({missing, silent});
    CHECK_FALSE(found.at(0).is_available);
    CHECK(found.at(0).reason == "/usr/bin/toyc is not installed: apt-get install toy");
    CHECK_FALSE(found.at(1).is_available);
    CHECK_THAT(found.at(1).reason, Catch::Contains("does not say its version"));
}

TEST_CASE("a runtime that waits has an agent beside the language files") {
    const auto python = std::ranges::find(shipped(), "python3", &domain::language::id);
    REQUIRE(python != shipped().end());
    CHECK(python->warm.agent_path.ends_with("usercustomize.py"));
    CHECK(python->warm.agent_code.find("def _await_job") != std::string::npos);
    const auto warm = [](const std::string& agent, const std::string& path) {
        const std::string section = "warm: {agent: " + agent + ", agent_path: " + path + "}\n";
        return problem_of(with("run_limits:\n", section + "run_limits:\n"));
    };
    CHECK(warm("/etc/hostname", "x").find("below the languages' folder") != std::string::npos);
    CHECK(warm("../x", "x").find("below the languages' folder") != std::string::npos);
    CHECK(warm("no-such-file", "x").find("cannot be read") != std::string::npos);
    CHECK(warm("no-such-file", "../x").find("below /box") != std::string::npos);
}

TEST_CASE("a runtime that waits by the library says where, how and for which step") {
    const auto java = std::ranges::find(shipped(), "java", &domain::language::id);
    REQUIRE(java != shipped().end());
    CHECK(java->warm.is_for_compiler);
    CHECK(java->warm.waits_at == "/box/.job");
    const auto node = std::ranges::find(shipped(), "javascript", &domain::language::id);
    REQUIRE(node != shipped().end());
    CHECK_FALSE(node->warm.is_for_compiler);
    CHECK(node->warm.agent_code.empty());
    const auto warm = [](const std::string& keys) {
        const std::string section = "warm: {agent_path: x, " + keys + "}\n";
        return problem_of(with("run_limits:\n", section + "run_limits:\n"));
    };
    // The toy has a compiler.
    CHECK(warm("waits_at: /box/").find("needs stage: compile") != std::string::npos);
    CHECK(warm("stage: compile").find("and so is waits_at") != std::string::npos);
    CHECK(warm("waits_at: /etc/").find("must begin with /box/") != std::string::npos);
    CHECK(warm("waits_at: /box/, stage: link").find("run or compile") != std::string::npos);
    CHECK(warm("waits_at: /box/, quiet_ms: 60001").find("0 to 60000") != std::string::npos);
    CHECK(warm("waits_at: /box/, memory_bytes: 0").find("more than 0") != std::string::npos);
    CHECK(warm("waits_at: /box/, command: [x]").find("absolute") != std::string::npos);
}

TEST_CASE("forks are for an interpreted main.py") {
    const auto python = std::ranges::find(shipped(), "python3", &domain::language::id);
    REQUIRE(python != shipped().end());
    CHECK(python->warm.has_forks);
    const auto forks = [](const std::string& value) {
        const std::string section =
            "warm: {agent_path: x, waits_at: /box/x, stage: compile, forks: " + value + "}\n";
        return problem_of(with("run_limits:\n", section + "run_limits:\n"));
    };
    CHECK(forks("ruby").find("must be python") != std::string::npos);
    CHECK(forks("python").find("needs an interpreted main.py") != std::string::npos);
}
