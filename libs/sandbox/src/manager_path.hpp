// Where the static slot manager lies, and what lies beside it.
#pragma once

#include "sluice/sandbox/launcher.hpp"

#include <string>

namespace sluice::sandbox {

// The configured path, or sluice-slot-manager beside this executable.
std::string manager_path(const sandbox_config& config);
// The bytes of a file that is installed beside it. errc::io.
result<std::string> read_beside_manager(const sandbox_config& config, const std::string& name);

}  // namespace sluice::sandbox
