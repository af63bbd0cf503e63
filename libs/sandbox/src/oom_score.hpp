// In a full cgroup the kernel ends the program first, not init or the manager.
#pragma once

#include "step.hpp"

namespace sluice::sandbox {

// For the calling process and its children. To be called before it gives up init's uid; one that
// was made with CLONE_VFORK raises its own score and not init's.
step_error raise_oom_score();

}  // namespace sluice::sandbox
