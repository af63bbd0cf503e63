// The programs of tests/e2e/languages in the real sandbox, without the way there: a language file
// or a limit that does not fit is found here first. Languages that are not installed are told.
#include "machine.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace sluice;
using namespace sluice::execution;
using namespace sluice::execution::real;

namespace {

const std::filesystem::path folder = "tests/e2e/languages";

std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

domain::task task_of(
    const domain::language& l,
    const std::filesystem::path& where,
    const nlohmann::json& wanted
) {
    domain::task t = program(l.id, "");
    t.files.clear();
    for (const std::string name : wanted.at("files"))
        t.files.push_back({name, content_of(where / name)});
    t.stdin_bytes = wanted.value("stdin", "");
    t.args = wanted.value("args", std::vector<std::string>{});
    for (const auto& [name, value] : wanted.value("env", std::map<std::string, std::string>{}))
        t.env.emplace_back(name, value);
    std::vector<domain::limit_problem> problems;
    t.limits =
        domain::effective_limits({}, l.run_limits, domain::limit_policy::from_table(), problems);
    return t;
}

void check(const domain::run_result& r, const nlohmann::json& wanted) {
    INFO("stdout: " << r.stdout_bytes);
    INFO("stderr: " << r.stderr_bytes);
    INFO("compiler: " << (r.compile ? r.compile->output : ""));
    INFO("message: " << r.message << " limit: " << domain::to_string(r.limit_hit));
    CHECK(domain::to_string(r.status) == wanted.at("status").get<std::string>());
    if (wanted.contains("stdout")) CHECK(r.stdout_bytes == wanted["stdout"].get<std::string>());
    if (wanted.contains("exit_code")) CHECK(r.exit_code == wanted["exit_code"].get<int>());
    if (wanted.contains("signal")) CHECK(r.signal == wanted["signal"].get<int>());
}

}  // namespace

TEST_CASE("real programs in each language end as their expect.json says") {
    machine& m = the_machine();
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        const installed_language found = m.languages.find(name);
        REQUIRE(found.language != nullptr);
        if (!found.availability.is_available) {
            WARN(name << " is not installed: " << found.availability.reason);
            continue;
        }
        const auto cases = nlohmann::json::parse(content_of(entry.path() / "expect.json"));
        for (const auto& wanted : cases) {
            INFO(name << ": " << wanted.at("name").get<std::string>());
            check(m.run(task_of(*found.language, entry.path(), wanted)), wanted);
        }
    }
}
