// Capability sets of this process: kept over one exec without being uid 0 inside, which the manager
// needs where only one id is mapped; used once more; given up.
#pragma once

#include "step.hpp"

namespace sluice::sandbox {

// Puts every permitted capability into the inheritable and the ambient set: the next exec keeps
// them although the uid is not 0.
step_error keep_capabilities_over_exec();
// Empties both again. What is permitted stays ours until the program's exec, which leaves it
// nothing.
step_error stop_inheriting_capabilities();

// Makes every permitted one effective; a failure is that step's.
step_error use_permitted_capabilities(setup_step step);
// Empties every set of this process.
step_error give_up_capabilities(setup_step step);

}  // namespace sluice::sandbox
