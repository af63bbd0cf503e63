// The cgroup of one container: limits and counters, in both cgroup versions. crun and runc make and
// remove the folders themselves; for runsc, which this machine's cgroups may not suit, the manager
// makes them and the runtime is started inside.
#pragma once

#include "../cgroup.hpp"
#include "../small_io.hpp"

#include <string>
#include <vector>

namespace sluice::sandbox::oci {

// Every hierarchy that is mounted, version 1 and 2: runtimes make folders in all of them.
std::vector<std::string> cgroup_roots();
// Below a root: "/<parent>/l<pid of the launcher>"; empty without usable cgroups.
std::string launcher_cgroup(const std::string& parent, pid_t launcher);
void sweep_stale_launchers(const std::string& launcher_path);
void remove_launcher(const std::string& launcher_path);
void remove_parent(const std::string& launcher_path);

class container_cgroup {
public:
    explicit container_cgroup(std::string path);

    // Makes the folders; `procs` are the files that a process joins them by.
    step_error make(std::int64_t memory_bytes, std::int64_t tasks, std::vector<std::string>& procs);
    void remove();

    // Opens limits and counters of a container that exists.
    step_error open();
    // Sets the exact limits and notes where the counters stand.
    step_error begin(std::int64_t memory_bytes, std::int64_t tasks, bool is_continued = false);
    std::int64_t cpu_us();
    run_counters read();
    void lift_memory_limit();
    void close();

private:
    std::string folder(const std::string& mount) const { return mount + path_; }
    std::vector<std::string> own_folders() const;
    step_error set_memory(std::int64_t bytes);
    std::int64_t number(const owned_fd& file);
    std::int64_t keyed(const owned_fd& file, std::string_view key);
    std::int64_t total_cpu_us();

    cgroup_mounts mounts_;
    bool is_v2_;
    std::string path_;
    owned_fd memory_limit_, swap_limit_, memory_peak_, memory_usage_, memory_events_;
    owned_fd cpu_, tasks_limit_, tasks_events_;
    small_text text_{};
    std::int64_t limit_ = 0, limit_now_ = 0;
    std::int64_t usage_at_start_ = 0, kills_at_start_ = 0, refusals_at_start_ = 0;
    std::int64_t cpu_at_start_ = 0;
};

}  // namespace sluice::sandbox::oci
