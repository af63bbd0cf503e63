// The service's side: finding the runtime, and telling the launcher what it needs.
#pragma once

#include "runtime_kind.hpp"

#include "sluice/core/error.hpp"
#include "sluice/sandbox/launcher.hpp"

#include <optional>
#include <string>

namespace sluice::sandbox::oci {

// nullopt for the native backend.
std::optional<runtime_kind> configured_runtime(const sandbox_config& config);

// The configured path, or the command's usual places. The error is a sentence that names the
// package.
result<std::string> find_runtime(const sandbox_config& config, runtime_kind kind);

// First line of `RUNTIME --version`; empty when it cannot be run.
std::string version_of(const std::string& path);

// First message to `sluice-slot-manager --oci-launcher`. `paths` is checked, each ended by NUL.
result<void> send_oci_config(
    int socket,
    const sandbox_config& config,
    runtime_kind kind,
    const std::string& paths
);

}  // namespace sluice::sandbox::oci
