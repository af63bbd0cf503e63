// One task from plan to result: refuse what cannot run here, compile (through the cache), run,
// classify. Whatever the program does is a status inside a result; whatever we fail at is told as
// such and never blamed on the program.
#pragma once

#include "decisions.hpp"
#include "language_table.hpp"
#include "live_ports.hpp"
#include "ports.hpp"
#include "probe.hpp"
#include "use_cases/program.hpp"
#include "worker_slots.hpp"

#include <optional>
#include <string>

namespace sluice::execution {

struct execution_ports {
    sandbox_runner& sandbox;
    artefact_cache& cache;
    progress_sink& progress;
    const clock& time;
    const language_table& languages;
    probe& metrics;
    std::string worker_id;
    std::size_t max_compiler_output = 64 << 10;
    live_services* live = nullptr;  // without it programs are neither watched nor steered
};

// Either a result, or why there is none: the consumer decides what becomes of the task.
struct execution_end {
    std::optional<domain::run_result> result;
    failure why = failure::refused;
    std::string message;  // a sentence for the user
    std::string detail;   // for the log
};

// Runs in the sandbox of `slot`; the slot is still held when this returns. Cancelling it ends the
// run and everything of it before it returns (failure::interrupted).
awaitable<execution_end> execute_submission(
    observe::context ctx,
    execution_ports& ports,
    domain::task task,
    worker_slots::lease& slot,
    wall_time taken_at
);

}  // namespace sluice::execution
