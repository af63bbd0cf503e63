// The file system that a program sees. The slot's part is built once (a read-only root put together
// from chosen host paths); the run's part is one capped tmpfs and a fresh /proc, made by init.
#pragma once

#include "step.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace sluice::sandbox {

// In a fresh mount namespace: builds the root and pivots into it. `paths` are host paths shown
// read-only.
step_error build_slot_root(std::span<const std::string> paths);

// Attributes of everything that is visible and not the run's own.
std::uint64_t seal_attributes();

struct box_size {
    std::int64_t bytes = 0;
    std::int64_t inodes = 0;
    friend bool operator==(const box_size&, const box_size&) = default;
};
// The run's tmpfs itself; the program sees three folders of it elsewhere.
inline constexpr const char* run_mount = "/.run/top";
// The host's node of /dev/tty.
inline constexpr const char* terminal_node = "/.run/tty";
// In the run's own mount namespace: the tmpfs behind /box, /tmp and /dev/shm, and /proc.
step_error mount_run_folders(box_size size);
step_error resize_box(box_size size);

}  // namespace sluice::sandbox
