// Per-process limits: a second wall behind the cgroup, and the only one for file size, descriptors
// and stack.
#pragma once

#include "protocol.hpp"
#include "step.hpp"

#include <sys/types.h>

#include <array>
#include <cstdint>

namespace sluice::sandbox {

// Those that no request changes: set once in a process from which programs descend.
step_error set_fixed_rlimits();
// For this process and its children: there is no cgroup, so these hold processes and memory too, as
// far as a process's own limits can.
void hold_by_rlimits_alone();
step_error set_job_rlimits(const protocol::slot_request& request);

// The same as numbers, for a warm runtime, which sets them itself when it takes a run.
struct job_rlimit {
    std::uint64_t resource, soft, hard;
};
using job_rlimits = std::array<job_rlimit, 5>;
job_rlimits rlimits_of(const protocol::slot_request& request);
// That it did; the process may be running on.
step_error check_rlimits(pid_t process, const job_rlimits& wanted);

}  // namespace sluice::sandbox
