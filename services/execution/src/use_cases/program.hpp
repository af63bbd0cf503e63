// A program in the hands of a worker, and what can be done with it in a slot: compile it (through
// the cache) and run it. A submission, a checker and a generator are each one of these; the use
// cases put the stages together.
#pragma once

#include "ports.hpp"
#include "worker_slots.hpp"

#include "sluice/domain/execution_plan.hpp"
#include "sluice/observe/context.hpp"

#include <string>
#include <vector>

namespace sluice::execution {

struct execution_ports;

struct runnable {
    std::string language;  // its id
    domain::execution_plan plan;
    std::vector<domain::source_file> files;
    pack_pointer sources;    // packed at most once
    pack_pointer artefacts;  // what its compiler left; nullptr: nothing
};

// Compiles through the cache; only for a plan that has a compiler. The error is the sandbox's; what
// the compiler found wrong is in `compiled::failure`, and otherwise `p.artefacts` is set.
awaitable<result<compiled>> compile_program(
    observe::context ctx,
    execution_ports& ports,
    runnable& p,
    worker_slots::lease& slot
);

// The job that runs the compiled program with the plan's arguments; the caller adds its input and
// what it wants to hear of.
result<run_job> job_of(execution_ports& ports, runnable& p);

// Runs a job in the slot; a sandbox that fails gets one more chance, in another slot when one is
// idle.
awaitable<result<run_outcome>>
run_in_slot(observe::context ctx, execution_ports& ports, worker_slots::lease& slot, run_job job);

}  // namespace sluice::execution
