// Rules for tests, for comparing their outputs, and for the comparison of two programs. As in
// validation.cpp, every problem is found, not only the first.
#include "validate_tests.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace sluice::domain {
namespace {

// What every JSON reader can hold as a number.
constexpr std::int64_t largest_seed = (std::int64_t{1} << 53) - 1;

class tests_checker {
public:
    tests_checker(
        const submit_request& request,
        const submission_bounds& bounds,
        std::vector<input_problem>& problems
    )
        : request_(request), bounds_(bounds), problems_(problems) {}

    void check() {
        check_compare();
        if (!request_.tests) return;
        if (!request_.stdin_bytes.empty()) {
            add("stdin", "not_allowed", "is given together with tests", "stdin of each test");
        }
        if (request_.expected_output) {
            add("expected_output",
                "not_allowed",
                "is given together with tests",
                "expected_output of each test");
        }
        if (request_.interactive) {
            add("interactive",
                "not_allowed",
                "is given together with tests",
                "either tests or interactive");
        }
        const auto& tests = *request_.tests;
        if (tests.empty() || tests.size() > bounds_.max_tests) {
            add("tests",
                tests.empty() ? "required" : "too_many",
                "has " + std::to_string(tests.size()) + " tests",
                "1 to " + std::to_string(bounds_.max_tests) + " tests");
            return;
        }
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < tests.size(); ++i)
            bytes += check_test(tests[i], "tests[" + std::to_string(i) + "]");
        if (bytes > bounds_.max_tests_bytes) {
            add("tests",
                "too_large",
                "are " + std::to_string(bytes) + " bytes in all",
                "at most " + std::to_string(bounds_.max_tests_bytes) + " bytes in all");
        }
    }

private:
    void add(std::string field, std::string code, std::string message, std::string allowed) {
        problems_.push_back(
            {std::move(field), std::move(code), std::move(message), std::move(allowed)}
        );
    }

    void check_size(const std::string& field, std::size_t size, std::size_t maximum) {
        if (size <= maximum) return;
        add(field,
            "too_large",
            "is " + std::to_string(size) + " bytes",
            "at most " + std::to_string(maximum) + " bytes");
    }

    // Its size in bytes.
    std::size_t check_test(const test_case& t, const std::string& path) {
        check_size(path + ".name", t.name.size(), bounds_.max_test_name_bytes);
        check_size(path + ".stdin", t.stdin_bytes.size(), bounds_.max_stdin_bytes);
        std::size_t bytes = t.name.size() + t.stdin_bytes.size();
        if (t.expected_output) {
            const auto size = t.expected_output->size();
            check_size(path + ".expected_output", size, bounds_.max_expected_bytes);
            bytes += size;
        }
        const auto heaviest = static_cast<std::int64_t>(bounds_.max_test_weight);
        if (t.weight < 0 || t.weight > heaviest) {
            add(path + ".weight",
                t.weight < 0 ? "too_small" : "too_large",
                "is " + std::to_string(t.weight),
                "0 to " + std::to_string(heaviest));
        }
        if (!t.args) return bytes;
        if (t.args->size() > bounds_.max_args) {
            add(path + ".args",
                "too_many",
                "has " + std::to_string(t.args->size()) + " elements",
                "at most " + std::to_string(bounds_.max_args) + " elements");
            return bytes;
        }
        for (std::size_t i = 0; i < t.args->size(); ++i) {
            const auto& arg = (*t.args)[i];
            const auto field = path + ".args[" + std::to_string(i) + "]";
            check_size(field, arg.size(), bounds_.max_arg_bytes);
            if (arg.find('\0') != std::string::npos) {
                add(field, "not_allowed", "contains a NUL byte", "text without NUL");
            }
            bytes += arg.size();
        }
        return bytes;
    }

    bool expects_something() const {
        if (request_.expected_output) return true;
        return request_.tests && std::ranges::any_of(*request_.tests, [](const test_case& t) {
                   return t.expected_output.has_value();
               });
    }

    void check_compare() {
        if (!request_.compare) return;
        const matching& how = *request_.compare;
        const bool is_checked = how.mode == match_mode::checker;
        if (is_checked && !request_.checker) {
            add("compare.checker",
                "required",
                "is required with the mode \"checker\"",
                "a program: language and source");
        }
        if (!is_checked && request_.checker) {
            add("compare.checker",
                "not_allowed",
                "is given with another mode",
                "the mode \"checker\"");
        }
        if (!is_checked && !expects_something()) {
            add("compare",
                "not_allowed",
                "there is no expected_output to compare with",
                "an expected_output, or tests that have one");
        }
        check_tolerance("compare.abs", how.absolute);
        check_tolerance("compare.rel", how.relative);
    }

    void check_tolerance(const std::string& field, double value) {
        if (std::isfinite(value) && value >= 0) return;
        add(field, "too_small", "is negative, or no finite number", "0 or more");
    }

    const submit_request& request_;
    const submission_bounds& bounds_;
    std::vector<input_problem>& problems_;
};

// Absent: `otherwise`.
std::int64_t number_between(
    const std::optional<std::int64_t>& given,
    std::int64_t low,
    std::int64_t high,
    std::int64_t otherwise,
    const std::string& field,
    std::vector<input_problem>& problems
) {
    const auto value = given.value_or(otherwise);
    if (value >= low && value <= high) return value;
    problems.push_back(
        {field,
         value < low ? "too_small" : "too_large",
         "is " + std::to_string(value),
         std::to_string(low) + " to " + std::to_string(high)}
    );
    return otherwise;
}

submit_request as_submission(program_request program) {
    submit_request request;
    request.language = std::move(program.language);
    request.version = std::move(program.version);
    request.files = std::move(program.files);
    request.compile_args = std::move(program.compile_args);
    request.limits = program.limits;
    return request;
}

void append(std::vector<input_problem>& to, std::vector<input_problem> more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

void check_tests(
    const submit_request& request,
    const submission_bounds& bounds,
    std::vector<input_problem>& problems
) {
    tests_checker(request, bounds, problems).check();
}

std::optional<side_program> check_program(
    program_request program,
    const std::string& path,
    std::span<const language> catalogue,
    const limit_policy& policy,
    const submission_bounds& bounds,
    std::vector<input_problem>& problems
) {
    auto checked = validate(as_submission(std::move(program)), catalogue, policy, bounds);
    if (auto* found = std::get_if<std::vector<input_problem>>(&checked)) {
        append(problems, below(path, std::move(*found)));
        return std::nullopt;
    }
    auto& t = std::get<task>(checked);
    return side_program{
        std::move(t.language),
        std::move(t.version),
        std::move(t.files),
        std::move(t.compile_args),
        t.limits};
}

std::vector<input_problem> below(const std::string& path, std::vector<input_problem> problems) {
    for (auto& p : problems)
        p.field = p.field.empty() ? path : path + "." + p.field;
    return problems;
}

std::variant<task, std::vector<input_problem>> validate(
    comparison_request request,
    std::span<const language> catalogue,
    const limit_policy& policy,
    const submission_bounds& bounds
) {
    std::vector<input_problem> problems;
    const auto beside = [&](program_request& program, const char* path) {
        return check_program(std::move(program), path, catalogue, policy, bounds, problems);
    };
    auto first = beside(request.first, "first");
    auto second = beside(request.second, "second");
    auto generator = beside(request.generator, "generator");

    comparison_task comparison;
    const auto between = [&](const auto& given, auto low, auto high, auto usual, const char* name) {
        return number_between(given, low, high, usual, name, problems);
    };
    const auto most_rounds = static_cast<std::int64_t>(bounds.max_comparison_rounds);
    const auto longest = static_cast<std::int64_t>(bounds.max_comparison_ms);
    comparison.seed =
        between(request.seed, -largest_seed, largest_seed - most_rounds, comparison.seed, "seed");
    comparison.rounds =
        between(request.rounds, std::int64_t{1}, most_rounds, comparison.rounds, "rounds");
    comparison.time_ms =
        between(request.time_ms, std::int64_t{1}, longest, comparison.time_ms, "time_ms");

    // The arguments and the rule are checked as those of a submission that has them.
    submit_request shared;
    shared.compare = request.compare;
    shared.expected_output.emplace();
    if (request.compare && request.compare->mode == match_mode::checker) {
        shared.compare.reset();
        problems.push_back(
            {"compare.mode",
             "not_allowed",
             "two programs are not compared by a checker",
             "trim, exact, tokens, float"}
        );
    }
    check_tests(shared, bounds, problems);
    append(problems, check_args(request.args, bounds));
    if (!problems.empty()) return problems;

    task t;
    t.language = std::move(first->language);
    t.version = std::move(first->version);
    t.files = std::move(first->files);
    t.compile_args = std::move(first->compile_args);
    t.limits = first->limits;
    t.args = std::move(request.args);
    t.compare = request.compare.value_or(matching{});
    comparison.second = std::move(*second);
    comparison.generator = std::move(*generator);
    t.comparison = std::move(comparison);
    return t;
}

}  // namespace sluice::domain
