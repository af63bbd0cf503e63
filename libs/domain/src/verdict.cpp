// Theory: several things may have happened to a run at once (memory ran out, so the kernel killed a
// child, so the program printed an error and left with 1). The rules stand in the order of cause
// before effect; the first that holds decides. A limit that the program ran into and survived does
// not change the status, but limit_hit still names it.
#include "sluice/domain/verdict.hpp"

#include <csignal>

namespace sluice::domain {
namespace {

bool has_failed(const exit_facts& f) {
    return f.signal.has_value() || f.exit_code.value_or(0) != 0;
}

bool is_killed_by(const exit_facts& f, int signal) {
    // A shell reports the death of its child by a signal as 128 + signal.
    return f.signal == signal || f.exit_code == 128 + signal;
}

bool cpu_time_is_over(const exit_facts& f) {
    return f.cpu_time_exceeded || is_killed_by(f, SIGXCPU);
}

bool file_is_too_large(const exit_facts& f) {
    return f.file_size_exceeded || is_killed_by(f, SIGXFSZ);
}

// Which limit a run met, whatever it made of it.
limit_kind limit_met(const exit_facts& f) {
    if (f.memory_exceeded) return limit_kind::memory;
    if (f.output_exceeded) return limit_kind::output;
    if (cpu_time_is_over(f)) return limit_kind::cpu_time;
    if (f.wall_time_exceeded) return limit_kind::wall_time;
    if (f.processes_exceeded) return limit_kind::processes;
    if (file_is_too_large(f)) return limit_kind::file;
    return limit_kind::none;
}

std::string_view without_space_at_end(std::string_view line) {
    const auto last = line.find_last_not_of(" \t\r\v\f");
    return last == std::string_view::npos ? std::string_view{} : line.substr(0, last + 1);
}

std::string_view without_empty_end(std::string_view text) {
    const auto last = text.find_last_not_of(" \t\r\v\f\n");
    return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

// Takes the first line off `text`.
std::string_view next_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return without_space_at_end(line);
}

}  // namespace

verdict classify(
    const exit_facts& facts,
    const std::optional<std::string>& expected_output,
    std::string_view stdout_bytes
) {
    if (facts.idle_time_exceeded) return {status::time_limit, limit_kind::idle_time};
    if (facts.was_cancelled) return {status::cancelled, limit_kind::none};
    if (facts.memory_exceeded && has_failed(facts)) {
        return {status::memory_limit, limit_kind::memory};
    }
    if (facts.output_exceeded) return {status::output_limit, limit_kind::output};
    if (cpu_time_is_over(facts)) return {status::time_limit, limit_kind::cpu_time};
    if (facts.wall_time_exceeded) return {status::time_limit, limit_kind::wall_time};
    if (facts.processes_exceeded && has_failed(facts)) {
        return {status::process_limit, limit_kind::processes};
    }
    if (has_failed(facts)) return {status::runtime_error, limit_met(facts)};
    // Neither an exit code nor a signal: we lost the program, which is not its fault.
    if (!facts.exit_code) return {status::internal_error, limit_kind::none};
    if (expected_output && !output_matches(*expected_output, stdout_bytes)) {
        return {status::wrong_answer, limit_met(facts)};
    }
    return {status::accepted, limit_met(facts)};
}

std::optional<verdict> classify_compile(const exit_facts& facts) {
    if (facts.was_cancelled) return verdict{status::cancelled, limit_kind::none};
    const bool was_stopped = facts.wall_time_exceeded || cpu_time_is_over(facts);
    // Warnings without end, or a helper process that ran out of memory and was done without, are
    // no reason to refuse what the compiler calls a success.
    if (facts.exit_code == 0 && !facts.signal && !was_stopped) return std::nullopt;
    if (!facts.exit_code && !facts.signal && limit_met(facts) == limit_kind::none) {
        return verdict{status::internal_error, limit_kind::none};
    }
    return verdict{status::compile_error, limit_met(facts)};
}

bool output_matches(std::string_view expected, std::string_view actual) {
    expected = without_empty_end(expected);
    actual = without_empty_end(actual);
    while (!expected.empty() && !actual.empty()) {
        if (next_line(expected) != next_line(actual)) return false;
    }
    return expected.empty() && actual.empty();
}

}  // namespace sluice::domain
