// See warm_section.hpp.
#include "warm_section.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sluice::languages {
namespace {

// "" when it cannot be read.
std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return file ? text.str() : "";
}

void read_agent(yaml_reader& reader, const std::string& file, domain::warm_start& w) {
    const std::filesystem::path agent = reader.text("agent");
    w.agent_path = reader.required_text("agent_path");
    // Beside the language files, never anywhere else on the machine.
    const auto leaves = [](const std::filesystem::path& p) {
        return p.is_absolute() || std::ranges::count(p, "..") > 0;
    };
    if (leaves(agent)) reader.problem("agent", "must be a path below the languages' folder");
    if (leaves(w.agent_path)) reader.problem("agent_path", "must be a path below /box");
    if (agent.empty()) {
        if (w.waits_at.empty()) reader.problem("agent", "is missing, and so is waits_at");
        return;
    }
    w.agent_code = read_text(std::filesystem::path(file).parent_path() / agent);
    if (w.agent_code.empty()) reader.problem("agent", "cannot be read");
}

}  // namespace

domain::warm_start
read_warm(yaml_reader& outer, const std::string& file, std::vector<std::string>& problems) {
    domain::warm_start w;
    const YAML::Node section = outer.mapping("warm");
    if (section.IsMap() && section.size() == 0) return w;
    w.is_offered = true;
    yaml_reader reader(section, file, "warm", problems);
    const std::string stage = reader.text("stage");
    w.is_for_compiler = stage == "compile";
    if (!stage.empty() && stage != "compile" && stage != "run") {
        reader.problem("stage", "must be run or compile");
    }
    w.command = reader.text_list("command");
    if (!w.command.empty() && !w.command.front().starts_with('/')) {
        reader.problem("command", "must begin with an absolute path");
    }
    w.waits_at = reader.text("waits_at");
    if (!w.waits_at.empty() && !w.waits_at.starts_with("/box/")) {
        reader.problem("waits_at", "must begin with /box/");
    }
    w.memory_bytes = reader.integer("memory_bytes").value_or(w.memory_bytes);
    if (w.memory_bytes <= 0) reader.problem("memory_bytes", "must be more than 0");
    w.quiet_ms = reader.integer("quiet_ms").value_or(w.quiet_ms);
    if (w.quiet_ms < 0 || w.quiet_ms > 60'000) reader.problem("quiet_ms", "must be 0 to 60000");
    const std::string forks = reader.text("forks");
    w.has_forks = forks == "python";
    if (!forks.empty() && !w.has_forks) reader.problem("forks", "must be python");
    read_agent(reader, file, w);
    reader.refuse_unknown_keys();
    return w;
}

void check_warm(yaml_reader& from, const domain::language& l) {
    if (!l.warm.is_offered) return;
    if (l.warm.is_for_compiler && l.compile.empty()) {
        from.problem("warm", "waits for a compile step that there is not");
    }
    if (l.warm.has_forks && (!l.compile.empty() || l.source_file != "main.py")) {
        from.problem("warm.forks", "needs an interpreted main.py");
    }
    if (!l.warm.is_for_compiler && !l.compile.empty()) {
        from.problem("warm", "needs stage: compile where there is a compile step");
    }
}

}  // namespace sluice::languages
