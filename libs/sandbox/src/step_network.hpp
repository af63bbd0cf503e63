// The network of a run that asked for one: a namespace of its own with lo and nothing else.
#pragma once

#include "step.hpp"

namespace sluice::sandbox {

// In init, inside the new namespace: 127.0.0.1 and ::1 answer, and there is no route anywhere else.
step_error raise_loopback();

}  // namespace sluice::sandbox
