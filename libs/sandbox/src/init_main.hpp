// Init: PID 1 of a run's pid namespace. It prepares the run's file system ahead of time, waits for
// the command, unpacks the files, starts the program as PID 2, and reaps everything. It runs as
// another uid than the program and is non-dumpable, so the program can neither read nor signal it.
#pragma once

#include "protocol.hpp"
#include "run_board.hpp"
#include "step_mounts.hpp"

namespace sluice::sandbox {

struct init_setup {
    int control;         // init's end of the run socket
    int output, errors;  // write ends of the run's pipes
    box_size expected;   // the last run's; the next one's is likely the same
    protocol::network reach;
    bool installs_filter;  // the manager could not be filtered (slot_main.cpp says why)
    bool makes_job_ahead;  // early_job.hpp
    run_board& board;
};

// In the child of the manager; never returns.
[[noreturn]] void init_main(const init_setup& setup);

}  // namespace sluice::sandbox
