// Two programs on generated inputs, until they differ or a bound is reached.
#pragma once

#include "use_cases/program.hpp"

#include <functional>

namespace sluice::execution {

struct comparison_job {
    runnable& first;  // compiled, all three
    runnable& second;
    runnable& generator;
    worker_slots::lease& slot;
    std::function<void()> on_started;  // at each start of a program
};

struct comparison_end {
    domain::comparison_report report;
    domain::verdict verdict;  // accepted: they did not differ within the bounds
    std::string message;      // how the generator failed
    std::int64_t cpu_us = 0;  // of everything that ran
    std::int64_t memory_peak_bytes = 0;
};

awaitable<result<comparison_end>>
run_comparison(observe::context ctx, execution_ports& ports, comparison_job job);

}  // namespace sluice::execution
