// The folder that becomes a container's read-only root: empty but for mount points, links and a few
// synthetic files.
#pragma once

#include "../step.hpp"

#include <span>
#include <string>

namespace sluice::sandbox::oci {

// Below rootfs_folder. `init_uid` is the host's, `paths` are the host paths that the bundle's
// mounts show.
step_error build_rootfs(std::span<const std::string> paths, unsigned init_uid);

}  // namespace sluice::sandbox::oci
