// Our system-call table in the words of the OCI runtime specification (linux.seccomp).
#pragma once

#include "../seccomp_policy.hpp"

#include <nlohmann/json.hpp>

namespace sluice::sandbox::oci {

nlohmann::ordered_json seccomp_profile(const seccomp::table& rules);

}  // namespace sluice::sandbox::oci
