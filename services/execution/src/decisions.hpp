// The pure decisions of the service: may this task run here, what becomes of a task that failed for
// a reason of ours, and what a compilation that produced nothing means. No clock, no I/O.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/core/error.hpp"
#include "sluice/domain/language.hpp"
#include "sluice/domain/submission.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::execution {

// A task goes back to the queue for a failure of ours until it has been delivered this often.
inline constexpr std::int64_t requeues_before_giving_up = 2;

enum class fate {
    publish_result,  // then ack
    give_back,       // nack with requeue: another worker, or this one later
    dead_letter,     // nack without requeue: nobody can do anything with it
};

enum class failure {
    undecodable,
    language_missing,  // unknown here, or its tool is not installed
    sandbox_failed,
    interrupted,  // this process drains
    refused,      // no worker can run it (deadline, version)
};
fate fate_of(failure f, std::int64_t delivery_count);

// "3.11" and "3" accept "3.11.2"; empty accepts everything.
bool version_matches(std::string_view wanted, std::string_view installed);

// What a worker knows of one language on its machine.
struct installed_language {
    const domain::language* language = nullptr;  // nullptr: not in the catalogue
    domain::language_availability availability;
};

struct refusal {
    failure why = failure::refused;
    std::string message;  // a sentence for the user
};
// nullopt: it may run here and now.
std::optional<refusal>
refuse(const domain::task& t, const installed_language& installed, wall_time now);

// The result of a task that ended for a reason of ours.
domain::run_result internal_error(
    const domain::task& t,
    std::string message,
    const std::string& worker_id,
    int attempt
);

// stdout, then stderr, cut at `max_bytes`; sets `is_truncated` when something is missing.
std::string compiler_messages(
    std::string_view out,
    std::string_view err,
    std::size_t max_bytes,
    bool& is_truncated
);

// The errors that mean "this process was told to stop", not "the sandbox is broken".
bool is_interruption(const error& e);

}  // namespace sluice::execution
