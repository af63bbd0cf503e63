// The tests of a submission: one compiled program, run for each, in the task's own slot and in
// those that are idle beside it.
#pragma once

#include "use_cases/program.hpp"

#include <functional>

namespace sluice::execution {

struct tests_job {
    runnable& tested;             // compiled
    runnable* checker = nullptr;  // compiled; with match_mode::checker
    worker_slots::lease& slot;
    std::function<void()> on_started;  // at each start of the program
    std::function<void(std::size_t index, const domain::test_result&)> on_finished;
};

struct tests_end {
    std::vector<domain::test_result> results;  // one for each test, in order
    bool is_out_of_time = false;               // some were not run for that
};

// Tests begin in order. An error is the sandbox's, for the task as a whole; nothing of any test is
// left then, as when the caller is cancelled.
awaitable<result<tests_end>> run_tests(observe::context ctx, execution_ports& ports, tests_job job);

}  // namespace sluice::execution
