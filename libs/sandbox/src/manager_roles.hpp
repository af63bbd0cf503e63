// The lives of sluice-slot-manager. One static binary, so that nothing of the host's libraries is
// mapped into the processes that hold rights.
#pragma once

#include "cgroup.hpp"
#include "protocol.hpp"

#include <span>
#include <string>

namespace sluice::sandbox {

// Spawned by the service with the control socket as descriptor 3; ends with it.
int launcher_main();
// One slot; executed by slot_setup inside the slot's namespaces.
// `has_forks`: it may be told to keep a fork server.
int slot_main(cgroup_version version, protocol::network reach, bool has_forks);
// Prints what this host can enforce; 0 when it is safe to run. With --machine tab-separated lines;
// --slots, --cgroup-parent and --first-uid as in the service's configuration.
int self_check_main(std::span<char* const> arguments);

}  // namespace sluice::sandbox
