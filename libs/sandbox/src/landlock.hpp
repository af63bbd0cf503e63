// Landlock, the second wall behind the read-only root: whatever the mounts allow by mistake, the
// program writes only beneath its own three folders and reads only what the slot's root shows.
// Rights are only taken away, never given.
#pragma once

#include "step.hpp"

namespace sluice::sandbox {

// What the running kernel has; 0: none (older than 5.19, or not switched on). The first version
// cannot allow a rename from one folder to another and counts as none.
int landlock_version();

// The rules for one run, made in its mount namespace after the mounts. `ruleset` stays -1 when the
// kernel has no Landlock; any other failure is one.
step_error make_landlock_ruleset(int version, int& ruleset);

// The rule on /dev for the folder that stands there now. Nothing happens without a ruleset.
step_error allow_devices(int ruleset);

// For the calling thread and what it executes. Only a system call: for the child of a vfork.
step_error enter_landlock(int ruleset);

}  // namespace sluice::sandbox
