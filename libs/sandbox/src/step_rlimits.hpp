// Per-process limits: a second wall behind the cgroup, and the only one for file size, descriptors
// and stack.
#pragma once

#include "protocol.hpp"
#include "step.hpp"

namespace sluice::sandbox {

// Those that no request changes: init sets them ahead of the command, the program inherits them.
step_error set_fixed_rlimits();
step_error set_job_rlimits(const protocol::slot_request& request);

}  // namespace sluice::sandbox
