// One language file becomes one domain::language; everything that could fail in the middle of a run
// (a pattern that does not compile, a template that names nothing) fails here instead.
#include "sluice/languages/catalogue.hpp"

#include "warm_section.hpp"
#include "yaml_reader.hpp"

#include "sluice/domain/validation.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <system_error>

namespace sluice::languages {
namespace {

// One error holds every problem of a file, a line each.
error invalid(const std::vector<std::string>& problems) {
    std::string text;
    for (const auto& problem : problems)
        text += (text.empty() ? "" : "\n") + problem;
    return fail(errc::invalid, text);
}

bool is_name(const std::string& text) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view("+-._#").find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, is_allowed);
}

void check_names(yaml_reader& from, const char* key, const std::vector<std::string>& names) {
    for (const auto& name : names) {
        if (!is_name(name)) {
            from.problem(
                key,
                "holds '" + name + "'; allowed are lower-case letters, digits, +-._#"
            );
        }
    }
}

void check_template(
    yaml_reader& from,
    const char* key,
    const domain::argv_template& argv,
    const std::vector<std::string>& whole_elements
) {
    if (argv.empty()) return;
    if (!argv.front().starts_with('/')) from.problem(key, "must begin with an absolute path");
    static const std::regex placeholder("\\{[a-z_]*\\}");
    static const std::vector<std::string> anywhere{"{source}", "{output}", "{main_class}"};
    for (const auto& element : argv) {
        if (std::ranges::find(whole_elements, element) != whole_elements.end()) continue;
        auto at = std::sregex_iterator(element.begin(), element.end(), placeholder);
        for (; at != std::sregex_iterator(); ++at) {
            const auto found = at->str();
            if (std::ranges::find(anywhere, found) != anywhere.end()) continue;
            from.problem(key, "has '" + found + "', which stands for nothing there");
        }
    }
}

void check_pattern(yaml_reader& from, const char* key, const std::string& pattern, bool has_group) {
    try {
        const std::regex compiled(pattern);
        if (has_group && compiled.mark_count() == 0) from.problem(key, "needs a capture group");
    } catch (const std::regex_error& e) {
        from.problem(key, "holds '" + pattern + "', which is no regular expression: " + e.what());
    }
}

using limit_values = std::array<std::optional<std::int64_t>, domain::limit_table.size()>;

limit_values read_limits(
    yaml_reader& outer,
    const char* key,
    const std::string& file,
    std::vector<std::string>& problems
) {
    limit_values values;
    yaml_reader reader(outer.mapping(key), file, key, problems);
    for (std::size_t i = 0; i < domain::limit_table.size(); ++i) {
        const auto& row = domain::limit_table[i];
        const std::string name(row.name);
        values[i] = reader.integer(name.c_str());
        if (values[i] && (*values[i] < row.minimum || *values[i] > row.maximum)) {
            reader.problem(
                name.c_str(),
                "must be " + std::to_string(row.minimum) + " to " + std::to_string(row.maximum)
            );
        }
    }
    reader.refuse_unknown_keys();
    return values;
}

// The compiler's limits are fixed: what a file leaves out has a default that suits a compiler.
domain::limits compile_limits_from(const limit_values& values) {
    domain::limits limits;
    for (std::size_t i = 0; i < domain::limit_table.size(); ++i) {
        limits.*domain::limit_table[i].field =
            values[i].value_or(domain::limit_table[i].default_value);
    }
    const auto set = [&](std::int64_t domain::limits::*field, std::int64_t value) {
        for (std::size_t i = 0; i < domain::limit_table.size(); ++i) {
            const bool is_it = domain::limit_table[i].field == field;
            if (is_it && !values[i]) limits.*field = value;
        }
    };
    set(&domain::limits::cpu_time_ms, 20'000);
    set(&domain::limits::wall_time_ms, 40'000);
    set(&domain::limits::memory_bytes, std::int64_t{512} << 20);
    set(&domain::limits::disk_bytes, std::int64_t{256} << 20);
    set(&domain::limits::file_bytes, std::int64_t{128} << 20);
    return limits;
}

domain::preparation
read_preparation(yaml_reader& outer, const std::string& file, std::vector<std::string>& problems) {
    domain::preparation p;
    const YAML::Node section = outer.mapping("prepare");
    if (section.IsMap() && section.size() == 0) return p;
    yaml_reader reader(section, file, "prepare", problems);
    p.script = reader.required_text("script");
    p.compile_args = reader.text_list("compile_args");
    p.run_args = reader.text_list("run_args");
    p.compile_env = reader.text_map("compile_env");
    p.compatible_args = reader.text_list("compatible_args");
    p.keeps_messages = reader.boolean("keeps_messages", false);
    for (const auto& pattern : p.compatible_args)
        check_pattern(reader, "compatible_args", pattern, false);
    reader.refuse_unknown_keys();
    return p;
}

// What is prepared and never used, or used and never prepared, is a mistake.
void check_preparation(yaml_reader& from, const domain::language& l) {
    const auto has_place = [](const domain::argv_template& argv) {
        return std::ranges::find(argv, "{prepared_args}") != argv.end();
    };
    const bool has_args = !l.prepare.compile_args.empty();
    if (has_place(l.compile) != has_args) {
        from.problem("prepare", "needs both compile_args and {prepared_args} in compile, or none");
    }
    if (has_place(l.run) == l.prepare.run_args.empty()) {
        from.problem("prepare", "needs both run_args and {prepared_args} in run, or none");
    }
    if (l.prepare.script.empty()) return;
    if (l.compile.empty()) from.problem("prepare", "is of no use without a compile step");
    if (!has_args && l.prepare.compile_env.empty()) {
        from.problem("prepare", "needs compile_args or compile_env, or nothing would use it");
    }
}

domain::language
read_language(yaml_reader& from, const std::string& file, std::vector<std::string>& problems) {
    domain::language l;
    l.id = from.required_text("id");
    l.name = from.required_text("name");
    l.aliases = from.text_list("aliases");
    l.source_file = from.required_text("source_file");
    l.extensions = from.required_text_list("extensions");
    l.compile = from.text_list("compile");
    l.run = from.required_text_list("run");
    l.artefact_folder = from.text("artefact_folder");
    l.keeps_sources = from.boolean("keeps_sources", true);
    l.env = from.text_map("env");
    l.run_limits.values = read_limits(from, "run_limits", file, problems);
    l.compile_limits = compile_limits_from(read_limits(from, "compile_limits", file, problems));
    l.compile_arg_patterns = from.text_list("compile_arg_patterns");
    l.prepare = read_preparation(from, file, problems);
    l.warm = read_warm(from, file, problems);
    const std::string network = from.text("network");
    if (!network.empty() && network != "none" && network != "loopback" && network != "egress") {
        from.problem("network", "must be none, loopback or egress");
    }
    l.has_loopback = network == "loopback";
    l.has_egress = network == "egress";
    l.read_only_paths = from.required_text_list("read_only_paths");
    l.toolchain_files = from.text_list("toolchain_files");
    l.version_command = from.required_text_list("version_command");
    l.version_pattern = from.required_text("version_pattern");
    l.packages = from.required_text_list("packages");
    l.judge0_ids = from.integer_list("judge0_ids");
    l.piston_aliases = from.text_list("piston_aliases");
    l.example = from.required_text("example");
    l.install_by_default = from.boolean("install_by_default", false);
    return l;
}

void check_language(yaml_reader& from, const domain::language& l, const std::string& file) {
    check_names(from, "id", {l.id});
    check_names(from, "aliases", l.aliases);
    if (std::filesystem::path(file).stem() != l.id) {
        from.problem("id", "must be the file's name without .yaml");
    }
    if (!domain::is_safe_file_name(l.source_file)) from.problem("source_file", "is not safe");
    check_template(from, "compile", l.compile, {"{sources}", "{compile_args}", "{prepared_args}"});
    check_preparation(from, l);
    check_warm(from, l);
    check_template(from, "run", l.run, {"{sources}", "{args}", "{prepared_args}"});
    check_template(from, "version_command", l.version_command, {});
    const bool is_compiled = !l.compile.empty();
    const bool has_folder = domain::is_safe_file_name(l.artefact_folder);
    if (is_compiled && !has_folder) {
        from.problem("artefact_folder", "must name a folder, since there is a compile step");
    }
    if (!is_compiled && !l.artefact_folder.empty()) {
        from.problem("artefact_folder", "is of no use without a compile step");
    }
    if (!is_compiled && !l.keeps_sources) {
        from.problem("keeps_sources", "must be true without a compile step");
    }
    for (const auto& path : l.toolchain_files) {
        if (!path.starts_with('/')) from.problem("toolchain_files", "must hold absolute paths");
    }
    for (const auto& path : l.read_only_paths) {
        if (!path.starts_with('/')) from.problem("read_only_paths", "must hold absolute paths");
    }
    for (const auto& pattern : l.compile_arg_patterns) {
        check_pattern(from, "compile_arg_patterns", pattern, false);
    }
    check_pattern(from, "version_pattern", l.version_pattern, true);
}

// Ids and aliases share one name space.
result<void> check_unique(const std::vector<domain::language>& catalogue) {
    std::map<std::string, std::string> owner;
    std::vector<std::string> problems;
    for (const auto& l : catalogue) {
        auto names = l.aliases;
        names.push_back(l.id);
        for (const auto& name : names) {
            const auto [at, is_new] = owner.emplace(name, l.id);
            if (is_new) continue;
            problems.push_back(
                l.id + ".yaml: the name '" + name + "' belongs to " + at->second + " already"
            );
        }
    }
    if (!problems.empty()) return invalid(problems);
    return {};
}

result<std::vector<std::filesystem::path>> language_files(const std::string& folder) {
    std::error_code code;
    std::vector<std::filesystem::path> files;
    auto at = std::filesystem::directory_iterator(folder, code);
    if (code) return fail(errc::io, folder + ": " + code.message());
    for (const auto end = std::filesystem::directory_iterator(); at != end; at.increment(code)) {
        if (code) return fail(errc::io, folder + ": " + code.message());
        if (at->path().extension() == ".yaml") files.push_back(at->path());
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace

result<domain::language> parse_language(const std::string& yaml, const std::string& file_name) {
    std::vector<std::string> problems;
    try {
        yaml_reader reader(YAML::Load(yaml), file_name, "", problems);
        auto l = read_language(reader, file_name, problems);
        reader.refuse_unknown_keys();
        if (problems.empty()) check_language(reader, l, file_name);
        if (!problems.empty()) return invalid(problems);
        return l;
    } catch (const YAML::Exception& e) {
        const auto line = e.mark.is_null() ? "" : std::to_string(e.mark.line + 1) + ": ";
        return fail(errc::invalid, file_name + ":" + line + e.msg);
    }
}

result<std::vector<domain::language>> load_catalogue(const std::string& folder) {
    const auto files = language_files(folder);
    if (!files) return files.error();
    if (files->empty()) return fail(errc::invalid, folder + ": holds no language (*.yaml)");
    std::vector<domain::language> catalogue;
    std::vector<std::string> problems;
    for (const auto& path : *files) {
        std::ifstream file(path);
        std::ostringstream text;
        text << file.rdbuf();
        if (!file) return fail(errc::io, path.string() + ": cannot be read");
        auto parsed = parse_language(text.str(), path.string());
        if (parsed) {
            catalogue.push_back(std::move(*parsed));
        } else {
            problems.push_back(parsed.error().detail);
        }
    }
    if (!problems.empty()) return invalid(problems);
    SLUICE_TRY(check_unique(catalogue));
    std::ranges::sort(catalogue, {}, &domain::language::id);
    return catalogue;
}

}  // namespace sluice::languages
