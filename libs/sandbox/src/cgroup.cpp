// What both cgroup versions share: choosing one, and removing folders.
#include "cgroup.hpp"

#include "small_io.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace sluice::sandbox {

namespace {

std::vector<std::string> folders_in(const std::string& path) {
    std::vector<std::string> names;
    DIR* folder = ::opendir(path.c_str());
    if (folder == nullptr) return names;
    while (const dirent* e = ::readdir(folder)) {
        if (e->d_type == DT_DIR && e->d_name[0] != '.') names.emplace_back(e->d_name);
    }
    ::closedir(folder);
    return names;
}

// One try each: what is still in use is not ours to wait for.
void remove_idle_tree(const std::string& path) {
    for (const std::string& name : folders_in(path))
        remove_idle_tree(path + "/" + name);
    ::rmdir(path.c_str());
}

}  // namespace

cgroup_findings find_cgroups() {
    cgroup_findings found;
    found.mounts = parse_cgroup_mounts(read_whole_file("/proc/self/mounts"));
    const cgroup_mounts& m = found.mounts;
    found.is_v1_usable = !m.memory.empty() && !m.pids.empty() && !m.cpuacct.empty();
    if (!m.unified.empty()) {
        // In a delegated subtree only the own folder's list counts.
        const auto own = unified_path(read_whole_file("/proc/self/cgroup"));
        found.v2_controllers =
            read_whole_file((m.unified + own.value_or("/") + "/cgroup.controllers").c_str());
        found.is_v2_usable =
            has_word(found.v2_controllers, "memory") && has_word(found.v2_controllers, "pids");
    }
    const std::string swaps = read_whole_file("/proc/swaps");
    const bool has_swap = swaps.find('\n') != swaps.rfind('\n');
    const bool has_memsw = found.is_v2_usable ||
                           ::access((m.memory + "/memory.memsw.limit_in_bytes").c_str(), F_OK) == 0;
    found.has_swap_limit = has_memsw || !has_swap;
    return found;
}

std::unique_ptr<cgroup_host>
make_cgroup_host(const cgroup_findings& found, std::string_view parent) {
    if (found.is_v2_usable) return make_cgroup_host_v2(found.mounts.unified, parent);
    if (found.is_v1_usable) return make_cgroup_host_v1(found.mounts, parent);
    return nullptr;
}

std::unique_ptr<cgroup_meter> make_cgroup_meter(cgroup_version version) {
    return version == cgroup_version::v2 ? make_cgroup_meter_v2() : make_cgroup_meter_v1();
}

void remove_cgroup(const std::string& path) {
    for (int tries = 0; tries < 500; ++tries) {
        if (::rmdir(path.c_str()) == 0 || errno != EBUSY) return;
        const timespec pause{0, 1'000'000};
        ::nanosleep(&pause, nullptr);
    }
}

void remove_cgroup_tree(const std::string& path) {
    for (const std::string& name : folders_in(path))
        remove_cgroup_tree(path + "/" + name);
    remove_cgroup(path);
}

void sweep_stale(const std::string& base) {
    for (const std::string& name : folders_in(base)) {
        if (name.size() < 2 || name[0] != 'l') continue;
        const auto pid = first_number(std::string_view(name).substr(1));
        if (!pid || (::kill(static_cast<pid_t>(*pid), 0) < 0 && errno == ESRCH)) {
            // A folder with processes in it refuses to go: another container's launcher is safe.
            remove_idle_tree(base + "/" + name);
        }
    }
}

}  // namespace sluice::sandbox
