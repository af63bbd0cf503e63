// The request loop of a slot manager, of whatever backend.
#pragma once

#include "run_supervisor.hpp"

namespace sluice::sandbox {

// `reach` is what this slot serves. Returns the exit code when the service is gone.
int serve_slot(run_supervisor& supervisor, protocol::network reach);

}  // namespace sluice::sandbox
