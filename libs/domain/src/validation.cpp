// Every rule for what a client may submit. Each check adds what it finds and goes on, so that one
// answer names everything that has to be mended.
#include "sluice/domain/validation.hpp"

#include "validate_tests.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <unordered_set>
#include <utility>

namespace sluice::domain {
namespace {

constexpr std::size_t max_file_name_bytes = 255;
constexpr std::size_t max_version_bytes = 32;
// Longer ones are never meant, and std::regex recurses once for each byte.
constexpr std::size_t max_compile_arg_bytes = 256;
constexpr std::size_t max_env_name_bytes = 128;

constexpr std::string_view file_name_rule =
    "a relative path without empty, '.' or '..' parts, backslashes and control characters, at most "
    "255 bytes, outside tmp/";

std::string indexed(std::string_view list, std::size_t index, std::string_view part = {}) {
    auto path = std::string(list) + "[" + std::to_string(index) + "]";
    return part.empty() ? path : path + "." + std::string(part);
}

bool has_nul(std::string_view text) {
    return text.find('\0') != std::string_view::npos;
}

std::string at_most(std::size_t n, std::string_view unit) {
    return "at most " + std::to_string(n) + " " + std::string(unit);
}

std::string joined(const std::vector<std::string>& values) {
    std::string text;
    for (const auto& value : values)
        text += (text.empty() ? "" : ", ") + value;
    return text;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_env_name(std::string_view name) {
    if (name.empty() || name.size() > max_env_name_bytes || is_digit(name.front())) return false;
    return std::ranges::all_of(name, [](char c) {
        return is_letter(c) || is_digit(c) || c == '_';
    });
}

bool is_version(std::string_view version) {
    if (version.empty() || version.size() > max_version_bytes) return false;
    return std::ranges::all_of(version, [](char c) {
        return is_letter(c) || is_digit(c) ||
               std::string_view(".+-_~:").find(c) != std::string_view::npos;
    });
}

class checker {
public:
    checker(const submit_request& request, const submission_bounds& bounds)
        : request_(request), bounds_(bounds) {}

    const language* check_language(std::span<const language> catalogue) {
        const auto* found = find_language(catalogue, request_.language);
        if (request_.language.empty()) {
            add("language", "required", "is required", ids_of(catalogue));
        } else if (found == nullptr) {
            add("language", "not_allowed", "is not a known language", ids_of(catalogue));
        }
        return found;
    }

    void check_version() {
        if (!request_.version || is_version(*request_.version)) return;
        add("version",
            "malformed",
            "is not a version",
            "a version or its beginning, such as \"3\" or \"3.11\", of letters, digits and . + - _ "
            "~ :, "
            "at most 32 bytes");
    }

    void check_files() {
        const auto& files = request_.files;
        if (files.empty()) {
            add("source", "required", "is required", "exactly one of source and files");
            return;
        }
        if (files.size() > bounds_.max_files) {
            add("files",
                "too_many",
                "has " + std::to_string(files.size()) + " files",
                at_most(bounds_.max_files, "files"));
            return;
        }
        std::size_t bytes = 0;
        for (const auto& file : files)
            bytes += file.content.size();
        if (bytes > bounds_.max_source_bytes) {
            add(is_lone_source() ? "source" : "files",
                "too_large",
                "is " + std::to_string(bytes) + " bytes in all",
                at_most(bounds_.max_source_bytes, "bytes in all"));
        }
        if (!is_lone_source()) check_file_names();
    }

    void check_text() {
        check_size("stdin", request_.stdin_bytes.size(), bounds_.max_stdin_bytes);
        if (request_.expected_output) {
            check_size(
                "expected_output",
                request_.expected_output->size(),
                bounds_.max_expected_bytes
            );
        }
        check_args("args", request_.args, bounds_.max_arg_bytes);
        check_args("compile_args", request_.compile_args, max_compile_arg_bytes);
    }

    // The compiler's folder is made in the working folder before the compiler runs.
    void check_artefact_folder(const language& l) {
        if (l.artefact_folder.empty() || is_lone_source()) return;
        for (std::size_t i = 0; i < request_.files.size() && i < bounds_.max_files; ++i) {
            if (request_.files[i].name != l.artefact_folder) continue;
            add(indexed("files", i, "name"),
                "not_allowed",
                "is the name of the folder that the compiler of " + l.id + " writes to",
                "any other name than \"" + l.artefact_folder + "\"");
        }
    }

    void check_compile_args(const language& l) {
        if (request_.compile_args.empty()) return;
        if (l.compile_arg_patterns.empty()) {
            add("compile_args",
                "not_allowed",
                l.compile.empty() ? l.id + " is not compiled" : l.id + " takes no compile_args",
                "no compile_args");
            return;
        }
        std::vector<std::regex> patterns;
        for (const auto& pattern : l.compile_arg_patterns)
            patterns.emplace_back(pattern);
        for (std::size_t i = 0; i < request_.compile_args.size(); ++i) {
            const auto& arg = request_.compile_args[i];
            if (arg.size() > max_compile_arg_bytes || has_nul(arg)) continue;  // said already
            const bool is_allowed = std::ranges::any_of(patterns, [&](const std::regex& pattern) {
                return std::regex_match(arg, pattern);
            });
            if (is_allowed) continue;
            add(indexed("compile_args", i),
                "not_allowed",
                "is not an allowed compile argument of " + l.id,
                "one that matches " + joined(l.compile_arg_patterns));
        }
    }

    void check_env() {
        const auto& env = request_.env;
        if (env.size() > bounds_.max_env) {
            add("env",
                "too_many",
                "has " + std::to_string(env.size()) + " variables",
                at_most(bounds_.max_env, "variables"));
            return;
        }
        std::size_t bytes = 0;
        std::set<std::string_view> seen;
        for (const auto& [name, value] : env) {
            bytes += name.size() + value.size();
            const auto field = is_env_name(name) ? "env." + name : std::string("env");
            if (!is_env_name(name)) {
                add(field,
                    "malformed",
                    "has a name that is not one of an environment variable",
                    "names of letters, digits and _, not beginning with a digit, at most 128 bytes"
                );
            } else if (!seen.insert(name).second) {
                add(field, "not_allowed", "is given twice", "each name once");
            }
            if (has_nul(value))
                add(field, "not_allowed", "contains a NUL byte", "text without NUL");
        }
        check_size("env", bytes, bounds_.max_env_bytes);
    }

    void check_interaction() {
        if (request_.cache && request_.interactive) {
            add("cache",
                "not_allowed",
                "what is typed is not known before",
                "cache without interactive");
        }
        if (!request_.tty || request_.interactive) return;
        add("tty", "not_allowed", "needs interactive", "tty together with interactive: true");
    }

    limits check_limits(const language* l, const limit_policy& policy) {
        std::vector<limit_problem> found;
        const auto effective = effective_limits(
            request_.limits,
            l != nullptr ? l->run_limits : requested_limits{},
            policy,
            found
        );
        for (const auto& problem : found) {
            add("limits." + std::string(limit_table[problem.row].name),
                problem.given > problem.maximum ? "too_large" : "too_small",
                "is " + std::to_string(problem.given),
                std::to_string(problem.minimum) + " to " + std::to_string(problem.maximum));
        }
        return effective;
    }

    std::vector<input_problem> take() { return std::move(problems_); }

    void check_args(
        const std::string& field,
        const std::vector<std::string>& args,
        std::size_t max_bytes
    ) {
        if (args.size() > bounds_.max_args) {
            add(field,
                "too_many",
                "has " + std::to_string(args.size()) + " elements",
                at_most(bounds_.max_args, "elements"));
            return;
        }
        for (std::size_t i = 0; i < args.size(); ++i) {
            check_size(indexed(field, i), args[i].size(), max_bytes);
            if (has_nul(args[i])) {
                add(indexed(field, i), "not_allowed", "contains a NUL byte", "text without NUL");
            }
        }
    }

private:
    void add(std::string field, std::string code, std::string message, std::string allowed) {
        problems_.push_back(
            {std::move(field), std::move(code), std::move(message), std::move(allowed)}
        );
    }

    static std::string ids_of(std::span<const language> catalogue) {
        std::vector<std::string> ids;
        for (const auto& l : catalogue)
            ids.push_back(l.id);
        return joined(ids);
    }

    bool is_lone_source() const {
        return request_.files.size() == 1 && request_.files.front().name.empty();
    }

    void check_size(const std::string& field, std::size_t size, std::size_t maximum) {
        if (size <= maximum) return;
        add(field, "too_large", "is " + std::to_string(size) + " bytes", at_most(maximum, "bytes"));
    }

    void check_file_names() {
        const auto& files = request_.files;
        std::unordered_set<std::string_view> names;
        std::unordered_set<std::string_view> folders;
        for (std::size_t i = 0; i < files.size(); ++i) {
            const std::string_view name = files[i].name;
            const auto field = indexed("files", i, "name");
            if (name.empty()) {
                add(field, "required", "is required", std::string(file_name_rule));
            } else if (!is_safe_file_name(name) || name == "tmp" || name.starts_with("tmp/")) {
                add(field, "not_allowed", "is not allowed", std::string(file_name_rule));
            } else if (!names.insert(name).second) {
                add(field, "not_allowed", "is given twice", "each name once");
            } else {
                for (auto at = name.find('/'); at != name.npos; at = name.find('/', at + 1)) {
                    folders.insert(name.substr(0, at));
                }
            }
        }
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (!folders.contains(files[i].name)) continue;
            add(indexed("files", i, "name"),
                "not_allowed",
                "is the name of a file and of a folder",
                "a name that no other file has as its folder");
        }
    }

    const submit_request& request_;
    const submission_bounds& bounds_;
    std::vector<input_problem> problems_;
};

}  // namespace

const language* find_language(std::span<const language> catalogue, std::string_view name) {
    for (const auto& l : catalogue) {
        if (l.id == name || std::ranges::find(l.aliases, name) != l.aliases.end()) return &l;
    }
    return nullptr;
}

std::variant<task, std::vector<input_problem>> validate(
    submit_request request,
    std::span<const language> catalogue,
    const limit_policy& policy,
    const submission_bounds& bounds
) {
    checker check(request, bounds);
    const language* l = check.check_language(catalogue);
    check.check_version();
    check.check_files();
    check.check_text();
    if (l != nullptr) {
        check.check_artefact_folder(*l);
        check.check_compile_args(*l);
    }
    check.check_env();
    check.check_interaction();
    const auto effective = check.check_limits(l, policy);
    auto problems = check.take();
    check_tests(request, bounds, problems);
    std::optional<side_program> checks_output;
    if (request.checker) {
        checks_output = check_program(
            std::move(*request.checker),
            "compare.checker",
            catalogue,
            policy,
            bounds,
            problems
        );
    }
    if (!problems.empty()) return problems;

    task accepted;
    accepted.language = l->id;
    accepted.version = request.version.value_or("");
    accepted.files = std::move(request.files);
    if (accepted.files.front().name.empty()) accepted.files.front().name = l->source_file;
    accepted.stdin_bytes = std::move(request.stdin_bytes);
    accepted.args = std::move(request.args);
    accepted.compile_args = std::move(request.compile_args);
    accepted.env = std::move(request.env);
    accepted.limits = effective;
    accepted.expected_output = std::move(request.expected_output);
    accepted.interactive = request.interactive;
    accepted.tty = request.tty;
    accepted.cancel_on_disconnect = request.cancel_on_disconnect;
    accepted.truncates_output = request.truncates_output;
    accepted.cache = request.cache;
    if (request.tests) accepted.tests = std::move(*request.tests);
    accepted.stop_on_first_failure = request.stop_on_first_failure;
    accepted.compare = request.compare.value_or(matching{});
    accepted.checker = std::move(checks_output);
    return accepted;
}

std::vector<input_problem>
check_args(const std::vector<std::string>& args, const submission_bounds& bounds) {
    const submit_request none;
    checker check(none, bounds);
    check.check_args("args", args, bounds.max_arg_bytes);
    return check.take();
}

bool is_safe_file_name(std::string_view name) {
    if (name.empty() || name.size() > max_file_name_bytes) return false;
    const bool has_bad_byte = std::ranges::any_of(name, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\';
    });
    if (has_bad_byte) return false;
    while (true) {
        const auto end = name.find('/');
        const auto part = name.substr(0, end);
        if (part.empty() || part == "." || part == "..") return false;
        if (end == std::string_view::npos) return true;
        name.remove_prefix(end + 1);
    }
}

}  // namespace sluice::domain
