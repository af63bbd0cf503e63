// Tests of a submission: one compilation, many inputs, a verdict for each and one for all; and a
// second kind of submission, the comparison of two programs on generated inputs. Data and the pure
// sums over it.
#pragma once

#include "sluice/domain/limits.hpp"
#include "sluice/domain/status.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sluice::domain {

struct source_file {
    std::string name;     // relative path without "..", at most 255 bytes
    std::string content;  // bytes
};

struct test_case {
    std::string name;  // the client's; its number when he gave none
    std::string stdin_bytes;
    std::optional<std::vector<std::string>> args;  // instead of the submission's
    std::optional<std::string> expected_output;
    std::int64_t weight = 1;
};

// How one run of a program ended and what it used.
struct run_report {
    domain::status status = status::internal_error;
    limit_kind limit_hit = limit_kind::none;
    std::optional<int> exit_code;
    std::optional<int> signal;
    std::string stdout_bytes, stderr_bytes;
    bool stdout_truncated = false, stderr_truncated = false;
    std::int64_t cpu_us = 0, wall_us = 0, memory_peak_bytes = 0;
};

struct test_result {
    std::string name;
    std::int64_t weight = 1;
    bool was_run = false;  // false: a test before it failed, or the time for all was over
    run_report run;
    std::string checker_output;  // what the checker said, bounded
    std::string message;         // for internal_error: a sentence for the user
};

struct tests_total {
    std::int64_t count = 0, passed = 0, failed = 0, not_run = 0;
    std::int64_t weight = 0, weight_passed = 0;
    std::int64_t worst_cpu_us = 0, worst_wall_us = 0, worst_memory_peak_bytes = 0;
};
tests_total total_of(std::span<const test_result> tests);

// The first test that was run and not accepted; its end is the end of the submission. nullptr:
// none.
const test_result* first_failure(std::span<const test_result> tests);

// A program beside the submission's own: a checker, a generator, the other one of a comparison.
// Validated, its language an id.
struct side_program {
    std::string language;
    std::string version;
    std::vector<source_file> files;
    std::vector<std::string> compile_args;
    domain::limits limits;
};

// Two programs, the task's own and `second`, on what `generator` prints for the argument `seed`,
// `seed + 1`, …, until they differ or a bound is reached.
struct comparison_task {
    side_program second;
    side_program generator;
    std::int64_t seed = 1;
    std::int64_t rounds = 100;
    std::int64_t time_ms = 30'000;  // no round begins after this
};

struct comparison_report {
    std::int64_t rounds = 0;           // completed
    std::optional<std::int64_t> seed;  // of the round on which they differ, or something failed
    std::string input;                 // of that round
    bool input_truncated = false;
    std::optional<run_report> first, second;  // of that round
};

}  // namespace sluice::domain
