// Init's part of an interactive run: the pseudo-terminal, and waiting for the program while signals
// for it come over the interaction socket. Runs that are not interactive use none of this.
#pragma once

#include "small_io.hpp"
#include "step.hpp"

#include <sys/types.h>

namespace sluice::sandbox {

// A devpts instance of the run's own with one terminal: its master goes to the service over
// `socket`, its slave is the program's. Nothing else can open the master, and the host's terminals
// are in another instance.
step_error open_terminal(int socket, owned_fd& slave);

// Like waiting for every child until `job` has ended; its wait status. Meanwhile what the service
// sends reaches the program's process group.
int wait_interactive(pid_t job, int socket);

}  // namespace sluice::sandbox
