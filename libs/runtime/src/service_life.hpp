// The phases of a running service, from start to stop, apart from the command line.
#pragma once

#include "sluice/runtime/service_main.hpp"

namespace sluice::runtime {

// Runs the service until a signal; gives the exit code. Does not return when a second signal comes
// or when the service never came up: then nothing is in hand, and the process ends where it stands.
int run_until_signal(const service_definition& definition, const std::string& config_file);

}  // namespace sluice::runtime
