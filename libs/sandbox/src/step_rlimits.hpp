// Per-process limits: a second wall behind the cgroup, and the only one for file size, descriptors
// and stack.
#pragma once

#include "protocol.hpp"
#include "step.hpp"

namespace sluice::sandbox {

step_error set_job_rlimits(const protocol::slot_request& request);

}  // namespace sluice::sandbox
