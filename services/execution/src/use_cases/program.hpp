// A program in the hands of a worker, and what can be done with it in a slot: compile it (through
// the cache) and run it. A submission, a checker and a generator are each one of these; the use
// cases put the stages together.
#pragma once

#include "decisions.hpp"
#include "ports.hpp"
#include "worker_slots.hpp"

#include "sluice/domain/execution_plan.hpp"
#include "sluice/observe/context.hpp"

#include <string>
#include <variant>
#include <vector>

namespace sluice::execution {

struct execution_ports;

struct runnable {
    domain::task task;  // of a side program: its files, language, limits and user, and nothing else
    const domain::language* language = nullptr;
    domain::execution_plan plan;
    pack_pointer sources;    // packed at most once
    pack_pointer artefacts;  // what its compiler left; nullptr: nothing
};

// What this worker would do with the task, or why it cannot.
std::variant<runnable, refusal>
plan_program(const execution_ports& ports, domain::task task, wall_time now);
std::variant<runnable, refusal> plan_program(
    const execution_ports& ports,
    domain::side_program side,
    std::vector<std::string> args,
    user_id user  // whose submission it belongs to
);

// Compiles through the cache; only for a plan that has a compiler. The error is the sandbox's; what
// the compiler found wrong is in `compiled::failure`, and otherwise `p.artefacts` is set.
awaitable<result<compiled>> compile_program(
    observe::context ctx,
    execution_ports& ports,
    runnable& p,
    worker_slots::lease& slot
);

// The job that runs the compiled program with the task's arguments, or with `args`; the caller adds
// its input and what it wants to hear of.
result<run_job> job_of(execution_ports& ports, runnable& p);
result<run_job> job_of(execution_ports& ports, runnable& p, const std::vector<std::string>& args);

// Runs a job in the slot; a sandbox that fails gets one more chance, in another slot when one is
// idle.
awaitable<result<run_outcome>>
run_in_slot(observe::context ctx, execution_ports& ports, worker_slots::lease& slot, run_job job);

// The outcome as what is told of it; the outputs are moved out.
domain::run_report report_of(run_outcome& outcome, const domain::verdict& v);
// Shortens, not in the middle of a UTF-8 character: the text would turn into base64 by that alone.
void keep_at_most(std::string& text, std::size_t bytes, bool& is_truncated);

}  // namespace sluice::execution
