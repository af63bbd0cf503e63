// Fills in a language's templates for one task. Pure: the same task gives the same plan, and so the
// same key in the compile cache.
#include "sluice/domain/execution_plan.hpp"

#include "sluice/core/assert.hpp"

#include <algorithm>
#include <regex>
#include <string_view>
#include <utility>

namespace sluice::domain {
namespace {

using env_list = std::vector<std::pair<std::string, std::string>>;

// A name such as "-o" or "@list" would be taken for an option by most compilers.
std::string as_argument(const std::string& file_name) {
    const char first = file_name.empty() ? '.' : file_name.front();
    return first == '-' || first == '@' || first == '+' ? "./" + file_name : file_name;
}

// "com/shop/Main.java" → "com.shop.Main".
std::string main_class_of(std::string_view file_name) {
    const auto base = file_name.rfind('/') == std::string_view::npos ? 0 : file_name.rfind('/') + 1;
    const auto dot = file_name.rfind('.');
    const bool has_ending = dot != std::string_view::npos && dot > base;
    std::string name(has_ending ? file_name.substr(0, dot) : file_name);
    std::ranges::replace(name, '/', '.');
    return name;
}

bool is_source(const std::string& file_name, const language& l) {
    return std::ranges::any_of(l.extensions, [&](const std::string& ending) {
        return file_name.ends_with(ending);
    });
}

// The main file, then the others that have an ending of the language.
std::vector<std::string> sources_of(const task& t, const language& l) {
    std::vector<std::string> sources{as_argument(t.files.front().name)};
    for (std::size_t i = 1; i < t.files.size(); ++i) {
        if (is_source(t.files[i].name, l)) sources.push_back(as_argument(t.files[i].name));
    }
    return sources;
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
        text.replace(at, what.size(), with);
        at += with.size();
    }
}

// With an argument that could make another program of the same headers, nothing prepared is used.
bool may_use_prepared(const task& t, const language& l) {
    std::vector<std::regex> patterns;
    for (const auto& pattern : l.prepare.compatible_args)
        patterns.emplace_back(pattern);
    return std::ranges::all_of(t.compile_args, [&](const std::string& arg) {
        return std::ranges::any_of(patterns, [&](const std::regex& pattern) {
            return std::regex_match(arg, pattern);
        });
    });
}

std::vector<std::string> fill(
    const argv_template& pattern,
    const task& t,
    const language& l,
    const std::vector<std::string>& args,
    const std::vector<std::string>& prepared_args = {}
) {
    const auto& main_name = t.files.front().name;
    std::vector<std::string> argv;
    const auto append = [&argv](const std::vector<std::string>& more) {
        argv.insert(argv.end(), more.begin(), more.end());
    };
    for (const auto& element : pattern) {
        if (element == "{sources}") {
            append(sources_of(t, l));
        } else if (element == "{args}") {
            append(args);
        } else if (element == "{compile_args}") {
            append(t.compile_args);
        } else if (element == "{prepared_args}") {
            append(prepared_args);
        } else {
            std::string filled = element;
            // The two made by us first: a file may be called "{output}".
            replace_all(filled, "{output}", l.artefact_folder + "/main");
            const auto at = filled.find("{source}");
            const auto class_at = filled.find("{main_class}");
            if (at != std::string::npos) {
                filled.replace(at, std::string_view("{source}").size(), as_argument(main_name));
            } else if (class_at != std::string::npos) {
                filled.replace(
                    class_at,
                    std::string_view("{main_class}").size(),
                    main_class_of(main_name)
                );
            }
            argv.push_back(std::move(filled));
        }
    }
    return argv;
}

// A later value takes the place of an earlier one, because two of one name mean different things to
// different programs.
std::vector<std::string> environment(const env_list& of_language, const env_list& of_user) {
    env_list all{
        {"PATH", "/usr/local/bin:/usr/bin:/bin"},
        {"HOME", "/box"},
        {"LANG", "C.UTF-8"},
        {"TMPDIR", "/tmp"},
    };
    for (const auto* more : {&of_language, &of_user}) {
        for (const auto& [name, value] : *more) {
            const auto same = std::ranges::find(all, name, [](const auto& e) { return e.first; });
            if (same == all.end()) {
                all.emplace_back(name, value);
            } else {
                same->second = value;
            }
        }
    }
    std::vector<std::string> lines;
    lines.reserve(all.size());
    for (const auto& [name, value] : all)
        lines.push_back(name + "=" + value);
    return lines;
}

// Length before content, count before elements: no two different inputs give the same bytes.
class material_writer {
public:
    void text(std::string_view s) {
        number(s.size());
        bytes_.append(s);
    }
    void number(std::uint64_t n) {
        for (int shift = 0; shift < 64; shift += 8) {
            bytes_.push_back(static_cast<char>((n >> shift) & 0xff));
        }
    }
    void list(const std::vector<std::string>& values) {
        number(values.size());
        for (const auto& value : values)
            text(value);
    }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

std::string material_of(
    const task& t,
    const language& l,
    const std::string& version,
    const planned_command& compile
) {
    material_writer material;
    material.text("sluice compile cache, form 1");
    material.text(l.id);
    material.text(version);
    material.text(l.artefact_folder);
    material.list(compile.argv);
    material.list(compile.env);
    material.number(t.files.size());
    for (const auto& file : t.files) {
        material.text(file.name);
        material.text(file.content);
    }
    return material.take();
}

// What stands for "{prepared_args}"; nothing where nothing is prepared.
std::vector<std::string> filled_in(argv_template args, const std::string& prepared) {
    if (prepared.empty()) return {};
    for (auto& arg : args)
        replace_all(arg, "{prepared}", prepared);
    return args;
}

planned_command compile_with(const task& t, const language& l, const std::string& prepared) {
    const auto args = filled_in(l.prepare.compile_args, prepared);
    env_list env;
    if (!prepared.empty()) {
        env = l.prepare.compile_env;
        for (auto& variable : env)
            replace_all(variable.second, "{prepared}", prepared);
    }
    planned_command compile;
    compile.argv = fill(l.compile, t, l, t.args, args);
    compile.env = environment(l.env, env);
    compile.limits = l.compile_limits;
    return compile;
}

}  // namespace

execution_plan make_plan(
    const task& t,
    const language& l,
    const std::string& installed_version,
    const std::string& prepared_folder
) {
    SLUICE_ASSERT(!t.files.empty());
    execution_plan plan;
    plan.artefact_folder = l.artefact_folder;
    plan.keeps_sources = l.keeps_sources;
    if (!l.compile.empty()) {
        const bool is_prepared = !prepared_folder.empty() && may_use_prepared(t, l);
        planned_command compile = compile_with(t, l, is_prepared ? prepared_folder : "");
        if (is_prepared && !l.prepare.keeps_messages) plan.compile_plainly = compile_with(t, l, "");
        plan.cache_material = material_of(t, l, installed_version, compile);
        plan.compile = std::move(compile);
    }
    plan.prepared_folder = prepared_folder;
    plan.run.argv = run_argv(t, l, t.args, prepared_folder);
    plan.run.env = environment(l.env, t.env);
    plan.run.limits = t.limits;
    plan.run.has_loopback = l.has_loopback;
    plan.run.has_egress = l.has_egress;
    return plan;
}

std::vector<std::string> run_argv(
    const task& t,
    const language& l,
    const std::vector<std::string>& args,
    const std::string& prepared_folder
) {
    return fill(l.run, t, l, args, filled_in(l.prepare.run_args, prepared_folder));
}

}  // namespace sluice::domain
