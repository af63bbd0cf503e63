// Init's side of a fork server: the program is asked for instead of being made.
#pragma once

#include "job.hpp"

namespace sluice::sandbox {

// The program, PID 2 and init's child, every step of job.cpp taken. -1 when the server is dead,
// hangs or refuses: nothing of it is left, nothing of the run's was executed, and the run starts
// cold. `cgroup`: the folder that it is born in, -1: where the server is. With `failure` it may be
// running under limits that are not the program's.
pid_t fork_job(const job_spec& spec, int server, int cgroup, step_error& failure);

}  // namespace sluice::sandbox
