// A program to run and what came of it, as plain data. Times are wall clock, text is bytes.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/domain/limits.hpp"
#include "sluice/domain/matching.hpp"
#include "sluice/domain/status.hpp"
#include "sluice/domain/tests.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::domain {

// A program as a client describes it, beside the submission's own.
struct program_request {
    std::string language;
    std::optional<std::string> version;
    std::vector<source_file> files;  // as in submit_request
    std::vector<std::string> compile_args;
    requested_limits limits;
};

// Whom to tell of an end, by HTTP. Stays with the services that hold it: no worker sees it.
struct callback {
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string host = {};  // the url's, with its port; filled in by check_callback
};

// What a client posts, after parsing and before validation against the catalogue.
struct submit_request {
    std::string language;
    std::optional<std::string> version;
    std::vector<source_file>
        files;  // a lone `source` becomes one file with an empty name (filled in by validation)
    std::string stdin_bytes;
    std::vector<std::string> args;
    std::vector<std::string> compile_args;
    std::vector<std::pair<std::string, std::string>> env;
    requested_limits limits;
    std::optional<std::string> expected_output;
    bool interactive = false;  // stdin comes while it runs
    bool tty = false;          // on a pseudo-terminal; interactive only
    bool cancel_on_disconnect = false;
    bool truncates_output = false;                // output beyond its limit does not end the run
    std::optional<std::vector<test_case>> tests;  // then no stdin and expected_output of its own
    bool stop_on_first_failure = false;
    std::optional<matching> compare;
    std::optional<program_request> checker;  // of compare
    std::optional<domain::callback> callback;
    bool cache = false;  // an earlier result of the same run will do
    bool mail = false;   // tell the owner of its end
};

// Submissions that are accepted together or not at all.
struct batch_request {
    std::vector<submit_request> items;
    bool is_commands = false;  // they came as lines of shell: problems are told of those
    std::optional<domain::callback> callback;  // of the whole
    bool mail = false;
};

// A client's request to compare two programs.
struct comparison_request {
    program_request first, second, generator;
    std::vector<std::string> args;  // of both programs
    std::optional<matching> compare;
    std::optional<std::int64_t> seed, rounds, time_ms;
    std::optional<domain::callback> callback;
    bool mail = false;
};

// Everything that a run needs; travels in the queue. Validated.
struct task {
    submission_id id;
    sluice::correlation_id correlation_id;
    sluice::user_id user_id;
    std::string language;
    std::string version;
    std::vector<source_file> files;  // the first is the main file
    std::string stdin_bytes;
    std::vector<std::string> args;
    std::vector<std::string> compile_args;
    std::vector<std::pair<std::string, std::string>> env;
    domain::limits limits;
    std::optional<std::string> expected_output;
    std::vector<test_case> tests;
    bool stop_on_first_failure = false;
    matching compare;
    std::optional<side_program> checker;  // with match_mode::checker
    std::optional<comparison_task> comparison;
    wall_time created_at;
    wall_time deadline_at;  // a task that is taken later than this is not worth running
    bool interactive = false;
    bool tty = false;
    bool cancel_on_disconnect = false;
    bool truncates_output = false;
    bool cache = false;  // stays with the services that hold it: no worker sees it
};

struct compile_report {
    std::string output;  // stdout and stderr of the compiler, bounded
    bool is_truncated = false;
    std::optional<int> exit_code;
    std::optional<int> signal;
    std::int64_t cpu_us = 0;
    std::int64_t wall_us = 0;
    std::int64_t memory_peak_bytes = 0;
    bool is_cached = false;
};

// The time stamps of a submission on its way.
struct hop_times {
    std::optional<wall_time> created_at, taken_at, compiled_at, started_at, ended_at, persisted_at;
};

// The terminal result of one attempt.
struct run_result {
    submission_id id;
    sluice::correlation_id correlation_id;
    sluice::user_id user_id;
    std::string language;
    domain::status status = status::internal_error;
    limit_kind limit_hit = limit_kind::none;
    std::optional<int> exit_code;
    std::optional<int> signal;
    std::string stdout_bytes, stderr_bytes;
    bool stdout_truncated = false, stderr_truncated = false;
    std::int64_t cpu_us = 0, wall_us = 0, memory_peak_bytes = 0;
    std::optional<compile_report> compile;
    domain::limits limits;
    std::string worker_id;
    int attempt = 1;
    std::string message;  // for internal_error: a sentence for the user; empty otherwise
    hop_times times;
    std::string checker_output;      // what the checker of expected_output said, bounded
    std::vector<test_result> tests;  // in the order of the submission; empty: it has none
    std::optional<comparison_report> comparison;
    std::optional<wall_time> original_run_at;  // set: not run but taken from the result cache
};

// A submission as its owner sees it.
struct submission_view {
    submission_id id;
    sluice::correlation_id correlation_id;
    sluice::user_id user_id;
    std::string language;
    std::string version;
    domain::status status = status::queued;
    wall_time created_at;
    domain::limits limits;
    std::optional<run_result> result;
    bool is_cancel_requested = false;  // known where ends are decided
};

// A batch as its owner sees it. `running` is not told apart from `queued` in the counts.
struct batch_view {
    uuid id;  // a UUIDv7
    sluice::correlation_id correlation_id;
    sluice::user_id user_id;
    std::int64_t size = 0;
    wall_time created_at;
    std::optional<wall_time> finished_at;   // set once every submission has ended
    std::map<status, std::int64_t> counts;  // without those that are zero
};

// What happens to a submission on its way, for the user's event stream.
enum class progress_kind { queued, running, compiled, test_finished };
struct progress {
    progress_kind kind = progress_kind::queued;
    submission_id id;
    sluice::correlation_id correlation_id;
    sluice::user_id user_id;
    std::string language;
    std::string worker_id;
    wall_time at;
    std::optional<compile_report> compile;  // with compiled
    // With test_finished; its outputs stay behind.
    std::optional<test_result> test;
    std::int64_t test_index = 0, test_count = 0;
};

}  // namespace sluice::domain
