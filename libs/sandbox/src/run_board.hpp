// A page that manager and init share, so that what only the clock needs wakes nobody. Init alone
// writes it, and the program's process before it is the program; a program never sees it: its own
// image replaces everything that init had mapped.
#pragma once

#include "trace.hpp"

#include <atomic>
#include <cstdint>
#include <span>

namespace sluice::sandbox {

struct run_board {
    std::atomic<std::int64_t> started_us;       // CLOCK_MONOTONIC; 0: the program was not started
    std::atomic<std::int64_t> prepared_cpu_us;  // use before the command came, all of it
    std::atomic<std::int64_t> early_cpu_us;     // of that, what the program's process used
    trace_record trace;

    // Those of a manager, mapped for good; none when the kernel refuses.
    static std::span<run_board> map();
    void clear() {
        started_us = 0;
        prepared_cpu_us = 0;
        early_cpu_us = 0;
    }
};

}  // namespace sluice::sandbox
