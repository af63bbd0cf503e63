// Reading is by held descriptors, so that a counter can be looked at every few milliseconds. The
// runtime itself works inside the container's cgroup until our init takes over; what it used then
// is noted at begin() and subtracted, except the memory peak of version 2, which older kernels
// cannot reset.
#include "container_cgroup.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sluice::sandbox::oci {

namespace {

// Our init, and what it and the kernel need for themselves in the same group.
constexpr std::int64_t own_tasks = 1;
constexpr std::int64_t own_memory = 2 << 20;
constexpr std::int64_t unlimited = 1LL << 50;

void open_file(owned_fd& out, const std::string& path) {
    out.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!out) out.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

std::string parent_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

}  // namespace

std::vector<std::string> cgroup_roots() {
    std::vector<std::string> roots;
    const std::string mounts = read_whole_file("/proc/self/mounts");
    std::string_view left = mounts;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find('\n'), left.size());
        std::string_view line = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
        const std::size_t path_end = std::min(line.find(' '), line.size());
        const std::string_view path = line.substr(0, path_end);
        const std::string_view type = line.substr(std::min(path_end + 1, line.size()));
        if (type.starts_with("cgroup ") || type.starts_with("cgroup2 ")) roots.emplace_back(path);
    }
    return roots;
}

std::string launcher_cgroup(const std::string& parent, pid_t launcher) {
    const cgroup_findings found = find_cgroups(parent);
    const bool is_v2 = found.is_v2_usable;
    const std::string& mount = is_v2 ? found.mounts.unified : found.mounts.memory;
    const std::string& base = is_v2 ? found.bases.unified : found.bases.memory;
    if (mount.empty() || base.size() <= mount.size()) return {};
    return base.substr(mount.size()) + "/l" + std::to_string(launcher);
}

void sweep_stale_launchers(const std::string& launcher_path) {
    for (const std::string& root : cgroup_roots())
        sweep_stale(root + parent_of(launcher_path));
}

void remove_launcher(const std::string& launcher_path) {
    for (const std::string& root : cgroup_roots()) {
        if (::access((root + launcher_path).c_str(), F_OK) == 0) {
            remove_cgroup_tree(root + launcher_path);
        }
    }
}

void remove_parent(const std::string& launcher_path) {
    for (const std::string& root : cgroup_roots())
        ::rmdir((root + parent_of(launcher_path)).c_str());  // stays when others use it
}

container_cgroup::container_cgroup(std::string path) : path_(std::move(path)) {
    const cgroup_findings found = find_cgroups("auto");
    mounts_ = found.mounts;
    is_v2_ = found.is_v2_usable;
}

std::vector<std::string> container_cgroup::own_folders() const {
    if (is_v2_) return {folder(mounts_.unified)};
    std::vector<std::string> all;
    for (const std::string& mount : {mounts_.memory, mounts_.pids, mounts_.cpuacct, mounts_.cpu}) {
        if (mount.empty()) continue;
        const std::string path = folder(mount);
        if (std::find(all.begin(), all.end(), path) == all.end()) all.push_back(path);
    }
    return all;
}

step_error container_cgroup::make(
    std::int64_t memory_bytes,
    std::int64_t tasks,
    std::vector<std::string>& procs
) {
    for (const std::string& path : own_folders()) {
        const std::string launcher = parent_of(parent_of(path));
        for (const std::string& part : {parent_of(launcher), launcher, parent_of(path), path}) {
            if (::mkdir(part.c_str(), 0755) < 0 && errno != EEXIST) {
                return {setup_step::create_cgroup, errno};
            }
            if (is_v2_ && part != path) {
                (void)write_file_at(
                    AT_FDCWD,
                    (part + "/cgroup.subtree_control").c_str(),
                    "+memory +pids"
                );
            }
        }
        procs.push_back(path + "/cgroup.procs");
    }
    if (const step_error e = open()) return e;
    return begin(memory_bytes, tasks);
}

void container_cgroup::remove() {
    close();
    for (const std::string& path : own_folders())
        remove_cgroup(path);
}

step_error container_cgroup::open() {
    const std::string memory = folder(is_v2_ ? mounts_.unified : mounts_.memory) + "/";
    const std::string tasks = folder(is_v2_ ? mounts_.unified : mounts_.pids) + "/";
    const std::string cpu = folder(is_v2_ ? mounts_.unified : mounts_.cpuacct) + "/";
    open_file(memory_limit_, memory + (is_v2_ ? "memory.max" : "memory.limit_in_bytes"));
    open_file(swap_limit_, memory + (is_v2_ ? "memory.swap.max" : "memory.memsw.limit_in_bytes"));
    open_file(memory_peak_, memory + (is_v2_ ? "memory.peak" : "memory.max_usage_in_bytes"));
    open_file(memory_usage_, memory + (is_v2_ ? "memory.current" : "memory.usage_in_bytes"));
    open_file(memory_events_, memory + (is_v2_ ? "memory.events" : "memory.oom_control"));
    open_file(cpu_, cpu + (is_v2_ ? "cpu.stat" : "cpuacct.usage"));
    open_file(tasks_limit_, tasks + "pids.max");
    open_file(tasks_events_, tasks + "pids.events");
    limit_now_ = 0;
    // Kernels without swap accounting have no swap files, older ones no memory.peak.
    for (const owned_fd* file :
         {&memory_limit_, &memory_usage_, &memory_events_, &cpu_, &tasks_limit_, &tasks_events_}) {
        if (!*file) return {setup_step::open_cgroup_files, errno};
    }
    return {};
}

std::int64_t container_cgroup::number(const owned_fd& file) {
    return first_number(read_at_start(file.get(), text_)).value_or(0);
}

std::int64_t container_cgroup::keyed(const owned_fd& file, std::string_view key) {
    return keyed_value(read_at_start(file.get(), text_), key).value_or(0);
}

std::int64_t container_cgroup::total_cpu_us() {
    return is_v2_ ? keyed(cpu_, "usage_usec") : number(cpu_) / 1000;
}

// On version 1 the limit without swap must never be above the limit with swap.
step_error container_cgroup::set_memory(std::int64_t bytes) {
    if (is_v2_) {
        if (swap_limit_) (void)write_number(swap_limit_.get(), 0);
        if (write_number(memory_limit_.get(), bytes) < 0) {
            return {setup_step::cgroup_memory_limit, errno};
        }
        return {};
    }
    const std::int64_t now = number(memory_limit_);
    const bool is_rising = bytes > now;
    if (is_rising && swap_limit_ && write_number(swap_limit_.get(), bytes) < 0) {
        return {setup_step::cgroup_memory_limit, errno};
    }
    if (write_number(memory_limit_.get(), bytes) < 0) {
        return {setup_step::cgroup_memory_limit, errno};
    }
    if (!is_rising && swap_limit_ && write_number(swap_limit_.get(), bytes) < 0) {
        return {setup_step::cgroup_memory_limit, errno};
    }
    return {};
}

step_error
container_cgroup::begin(std::int64_t memory_bytes, std::int64_t tasks, bool is_continued) {
    if (const step_error e = set_memory(memory_bytes + own_memory)) return e;
    if (write_number(tasks_limit_.get(), tasks + own_tasks) < 0) {
        return {setup_step::cgroup_pids_limit, errno};
    }
    if (memory_peak_) (void)write_number(memory_peak_.get(), 0);
    limit_ = memory_bytes;
    kills_at_start_ = keyed(memory_events_, "oom_kill");
    refusals_at_start_ = keyed(tasks_events_, "max");
    if (is_continued) return {};
    usage_at_start_ = number(memory_usage_);
    cpu_at_start_ = total_cpu_us();
    return {};
}

std::int64_t container_cgroup::cpu_us() {
    return std::max<std::int64_t>(0, total_cpu_us() - cpu_at_start_);
}

run_counters container_cgroup::read() {
    run_counters c;
    c.cpu_us = cpu_us();
    const std::int64_t peak = memory_peak_ ? number(memory_peak_) : number(memory_usage_);
    c.memory_peak_bytes = std::clamp<std::int64_t>(peak - usage_at_start_, 0, limit_);
    c.memory_exceeded = keyed(memory_events_, "oom_kill") > kills_at_start_;
    c.processes_exceeded = keyed(tasks_events_, "max") > refusals_at_start_;
    if (c.memory_exceeded) c.memory_peak_bytes = limit_;
    return c;
}

void container_cgroup::lift_memory_limit() {
    if (memory_limit_) (void)set_memory(unlimited);
}

void container_cgroup::close() {
    for (owned_fd* file :
         {&memory_limit_,
          &swap_limit_,
          &memory_peak_,
          &memory_usage_,
          &memory_events_,
          &cpu_,
          &tasks_limit_,
          &tasks_events_}) {
        file->reset();
    }
}

}  // namespace sluice::sandbox::oci
