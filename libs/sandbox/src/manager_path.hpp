// Where the static slot manager lies.
#pragma once

#include "sluice/sandbox/launcher.hpp"

#include <string>

namespace sluice::sandbox {

// The configured path, or sluice-slot-manager beside this executable.
std::string manager_path(const sandbox_config& config);

}  // namespace sluice::sandbox
