// The description of a run's container (config.json) as far as the configuration decides it. What
// differs from slot to slot and from run to run stays blank; the slot manager fills in numbers
// (bundle_blanks.hpp) and never text of a request: argv, environment and files reach init by
// socket.
#pragma once

#include "runtime_kind.hpp"

#include <string>
#include <vector>

namespace sluice::sandbox::oci {

// `read_only_paths` are checked already; those that do not exist here are left out.
std::string bundle_template(runtime_kind kind, const std::vector<std::string>& read_only_paths);

}  // namespace sluice::sandbox::oci
