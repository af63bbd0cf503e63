// The places in a bundle's template that the slot manager fills in, and the paths that both sides
// know. In the manager's own mount namespace /run is a tmpfs of its own, so nothing of a container
// can be left on the host.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::sandbox::oci {

// A blank in quotes becomes a number; '#' occurs nowhere else in a template.
inline constexpr const char* blank_init_uid = "\"#init_uid#\"";
inline constexpr const char* blank_job_uid = "\"#job_uid#\"";
inline constexpr const char* blank_memory = "\"#memory#\"";
inline constexpr const char* blank_tasks = "\"#tasks#\"";
// These stay inside their quotes.
inline constexpr const char* blank_disk = "#disk#";
inline constexpr const char* blank_inodes = "#inodes#";
inline constexpr const char* blank_cgroup = "#cgroup#";

inline constexpr const char* work_folder = "/run/sluice";
inline constexpr const char* rootfs_folder = "/run/sluice/rootfs";
inline constexpr const char* init_file = "/run/sluice/init";
inline constexpr const char* bundle_folder = "/run/sluice/bundle";
inline constexpr const char* state_folder = "/run/sluice/state";
inline constexpr const char* pid_file = "/run/sluice/pid";
// Inside the container, in a folder that only init can enter.
inline constexpr const char* init_in_container = "/.run/init";

inline constexpr std::size_t max_template_bytes = 1 << 20;

struct blank_values {
    std::uint32_t init_uid = 0, job_uid = 0;
    std::int64_t memory_bytes = 0, tasks = 0;
    std::int64_t disk_bytes = 0, inodes = 0;
    std::string cgroup_path;
};
std::string fill_in(std::string text, const blank_values& values);

}  // namespace sluice::sandbox::oci
