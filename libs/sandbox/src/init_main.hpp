// Init: PID 1 of a run's pid namespace. It prepares the run's file system ahead of time, waits for
// the command, unpacks the files, starts the program as PID 2, and reaps everything. It runs as
// another uid than the program and is non-dumpable, so the program can neither read nor signal it.
#pragma once

#include "protocol.hpp"
#include "step_mounts.hpp"

namespace sluice::sandbox {

// In the child of the manager. `control` is its end of the run socket; never returns.
// `installs_filter`: on cgroup v2 the manager could not be filtered (it needs clone3), so init is.
[[noreturn]] void
init_main(int control, box_size expected, protocol::network reach, bool installs_filter);

}  // namespace sluice::sandbox
