// Lets a runtime wait that has no agent of its own for it, by a library that is loaded into it
// (libs/sandbox/take/take.c).
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/sandbox/launcher.hpp"

#include <string>

namespace sluice::sandbox {

// Where `spec`, whose command and environment are set, waits: in its first open() of a file at
// `place`. A place that ends in "/" stands for every file below it, and takes runs that have the
// very command and environment; any other gives an agent the arguments. Fails when the library,
// sluice-take.so beside the slot manager, cannot be read.
result<void> wait_at(const std::string& place, warm_spec& spec, const sandbox_config& config);

}  // namespace sluice::sandbox
