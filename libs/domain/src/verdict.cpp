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

}  // namespace

verdict classify(
    const exit_facts& facts,
    const std::optional<std::string>& expected_output,
    std::string_view stdout_bytes,
    const matching& how
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
    const bool is_compared = expected_output && how.mode != match_mode::checker;
    if (is_compared && !output_matches(how, *expected_output, stdout_bytes)) {
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

status classify_checker(const exit_facts& checker) {
    const bool was_stopped = checker.was_cancelled || checker.wall_time_exceeded ||
                             cpu_time_is_over(checker) || checker.output_exceeded;
    if (was_stopped || checker.signal || !checker.exit_code) return status::internal_error;
    if (*checker.exit_code == 0) return status::accepted;
    if (*checker.exit_code == 1 && !checker.memory_exceeded) return status::wrong_answer;
    return status::internal_error;
}

}  // namespace sluice::domain
