// Tests, checkers and comparisons to and from sluice.v1.
#include "codec_enums.hpp"
#include "codec_parts.hpp"

#include <utility>

namespace sluice::messages {
namespace {

void write(const domain::side_program& from, v1::SideProgram& to) {
    to.set_language(from.language);
    to.set_version(from.version);
    for (const auto& file : from.files)
        messages::write(file, *to.add_files());
    for (const auto& arg : from.compile_args)
        to.add_compile_args(arg);
    messages::write(from.limits, *to.mutable_limits());
}

result<domain::side_program> read(v1::SideProgram& from) {
    domain::side_program to;
    if (from.language().empty()) return fail(errc::invalid, "a program has no language");
    if (from.files().empty()) return fail(errc::invalid, "a program has no files");
    to.language = std::move(*from.mutable_language());
    to.version = std::move(*from.mutable_version());
    for (auto& file : *from.mutable_files()) {
        auto content = messages::read(file);
        if (!content) return content.error();
        to.files.push_back(std::move(*content));
    }
    to.compile_args.assign(from.compile_args().begin(), from.compile_args().end());
    to.limits = messages::read(from.limits());
    SLUICE_TRY(check_limits(to.limits));
    return to;
}

void write(const domain::test_case& from, v1::Test& to) {
    to.set_name(from.name);
    to.set_stdin(from.stdin_bytes);
    to.set_has_args(from.args.has_value());
    if (from.args) {
        for (const auto& arg : *from.args)
            to.add_args(arg);
    }
    if (from.expected_output) to.set_expected_output(*from.expected_output);
    to.set_weight(from.weight);
}

domain::test_case read(v1::Test& from) {
    domain::test_case to;
    to.name = std::move(*from.mutable_name());
    to.stdin_bytes = std::move(*from.mutable_stdin());
    if (from.has_args()) to.args.emplace(from.args().begin(), from.args().end());
    if (from.has_expected_output()) to.expected_output = std::move(*from.mutable_expected_output());
    to.weight = from.weight();
    return to;
}

void write(const domain::run_report& from, v1::RunReport& to) {
    to.set_status(to_proto(from.status));
    to.set_limit_hit(to_proto(from.limit_hit));
    if (from.exit_code) to.set_exit_code(*from.exit_code);
    if (from.signal) to.set_signal(*from.signal);
    to.set_stdout(from.stdout_bytes);
    to.set_stderr(from.stderr_bytes);
    to.set_stdout_truncated(from.stdout_truncated);
    to.set_stderr_truncated(from.stderr_truncated);
    to.set_cpu_us(from.cpu_us);
    to.set_wall_us(from.wall_us);
    to.set_memory_peak_bytes(from.memory_peak_bytes);
}

result<domain::run_report> read(v1::RunReport& from) {
    domain::run_report to;
    const auto status = to_domain(from.status());
    if (!status || !domain::is_terminal(*status)) {
        return fail(errc::invalid, "the status of a run is unknown or not a terminal one");
    }
    const auto limit_hit = to_domain(from.limit_hit());
    if (!limit_hit) return fail(errc::invalid, "the limit_hit of a run is unknown");
    to.status = *status;
    to.limit_hit = *limit_hit;
    if (from.has_exit_code()) to.exit_code = from.exit_code();
    if (from.has_signal()) to.signal = from.signal();
    to.stdout_bytes = std::move(*from.mutable_stdout());
    to.stderr_bytes = std::move(*from.mutable_stderr());
    to.stdout_truncated = from.stdout_truncated();
    to.stderr_truncated = from.stderr_truncated();
    to.cpu_us = from.cpu_us();
    to.wall_us = from.wall_us();
    to.memory_peak_bytes = from.memory_peak_bytes();
    return to;
}

void write(const domain::test_result& from, v1::TestResult& to) {
    to.set_name(from.name);
    to.set_weight(from.weight);
    if (from.was_run) write(from.run, *to.mutable_run());
    to.set_checker_output(from.checker_output);
    to.set_message(from.message);
}

result<domain::test_result> read(v1::TestResult& from) {
    domain::test_result to;
    to.name = std::move(*from.mutable_name());
    to.weight = from.weight();
    to.was_run = from.has_run();
    if (to.was_run) {
        auto run = read(*from.mutable_run());
        if (!run) return run.error();
        to.run = std::move(*run);
    }
    to.checker_output = std::move(*from.mutable_checker_output());
    to.message = std::move(*from.mutable_message());
    return to;
}

void write(const domain::comparison_task& from, v1::Comparison& to) {
    write(from.second, *to.mutable_second());
    write(from.generator, *to.mutable_generator());
    to.set_seed(from.seed);
    to.set_rounds(from.rounds);
    to.set_time_ms(from.time_ms);
}

result<domain::comparison_task> read(v1::Comparison& from) {
    domain::comparison_task to;
    auto second = read(*from.mutable_second());
    if (!second) return second.error();
    auto generator = read(*from.mutable_generator());
    if (!generator) return generator.error();
    to.second = std::move(*second);
    to.generator = std::move(*generator);
    to.seed = from.seed();
    to.rounds = from.rounds();
    to.time_ms = from.time_ms();
    return to;
}

void write(const domain::comparison_report& from, v1::ComparisonReport& to) {
    to.set_rounds(from.rounds);
    if (from.seed) to.set_seed(*from.seed);
    to.set_input(from.input);
    to.set_input_truncated(from.input_truncated);
    if (from.first) write(*from.first, *to.mutable_first());
    if (from.second) write(*from.second, *to.mutable_second());
}

result<domain::comparison_report> read(v1::ComparisonReport& from) {
    domain::comparison_report to;
    to.rounds = from.rounds();
    if (from.has_seed()) to.seed = from.seed();
    to.input = std::move(*from.mutable_input());
    to.input_truncated = from.input_truncated();
    const auto side = [](v1::RunReport& run, auto& into) -> result<void> {
        auto report = read(run);
        if (!report) return report.error();
        into = std::move(*report);
        return {};
    };
    if (from.has_first()) SLUICE_TRY(side(*from.mutable_first(), to.first));
    if (from.has_second()) SLUICE_TRY(side(*from.mutable_second(), to.second));
    return to;
}

}  // namespace

void write_tests(const domain::task& from, v1::ExecuteRequest& to) {
    for (const auto& test : from.tests)
        write(test, *to.add_tests());
    to.set_stop_on_first_failure(from.stop_on_first_failure);
    if (from.compare != domain::matching{}) {
        auto& compare = *to.mutable_compare();
        compare.set_mode(to_proto(from.compare.mode));
        compare.set_absolute(from.compare.absolute);
        compare.set_relative(from.compare.relative);
    }
    if (from.checker) write(*from.checker, *to.mutable_checker());
    if (from.comparison) write(*from.comparison, *to.mutable_comparison());
}

result<void> read_tests(v1::ExecuteRequest& from, domain::task& to) {
    for (auto& test : *from.mutable_tests())
        to.tests.push_back(read(test));
    to.stop_on_first_failure = from.stop_on_first_failure();
    if (from.has_compare()) {
        const auto mode = to_domain(from.compare().mode());
        if (!mode) return fail(errc::invalid, "the mode of compare is unknown");
        to.compare = {*mode, from.compare().absolute(), from.compare().relative()};
    }
    if (from.has_checker()) {
        auto checker = read(*from.mutable_checker());
        if (!checker) return checker.error();
        to.checker = std::move(*checker);
    }
    if (to.compare.mode == domain::match_mode::checker && !to.checker) {
        return fail(errc::invalid, "there is no checker");
    }
    if (from.has_comparison()) {
        auto comparison = read(*from.mutable_comparison());
        if (!comparison) return comparison.error();
        to.comparison = std::move(*comparison);
    }
    return {};
}

void write_tests(const domain::run_result& from, v1::ExecuteResult& to) {
    for (const auto& test : from.tests)
        write(test, *to.add_tests());
    to.set_checker_output(from.checker_output);
    if (from.comparison) write(*from.comparison, *to.mutable_comparison());
}

result<void> read_tests(v1::ExecuteResult& from, domain::run_result& to) {
    for (auto& test : *from.mutable_tests()) {
        auto one = read(test);
        if (!one) return one.error();
        to.tests.push_back(std::move(*one));
    }
    to.checker_output = std::move(*from.mutable_checker_output());
    if (from.has_comparison()) {
        auto comparison = read(*from.mutable_comparison());
        if (!comparison) return comparison.error();
        to.comparison = std::move(*comparison);
    }
    return {};
}

void write_tests(const domain::progress& from, v1::Progress& to) {
    if (!from.test) return;
    write(*from.test, *to.mutable_test());
    to.set_test_index(from.test_index);
    to.set_test_count(from.test_count);
}

result<void> read_tests(v1::Progress& from, domain::progress& to) {
    if (!from.has_test()) return {};
    auto test = read(*from.mutable_test());
    if (!test) return test.error();
    to.test = std::move(*test);
    to.test_index = from.test_index();
    to.test_count = from.test_count();
    return {};
}

}  // namespace sluice::messages
