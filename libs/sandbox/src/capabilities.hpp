// Keeping capabilities over one exec without being uid 0 inside, which the manager needs where only
// one id is mapped, and losing that ability right afterwards.
#pragma once

#include "step.hpp"

namespace sluice::sandbox {

// Puts every permitted capability into the inheritable and the ambient set: the next exec keeps
// them although the uid is not 0.
step_error keep_capabilities_over_exec();
// Empties both again. What is permitted stays ours until the program's exec, which leaves it
// nothing.
step_error stop_inheriting_capabilities();

// Empties every set of this process.
step_error give_up_capabilities();

}  // namespace sluice::sandbox
