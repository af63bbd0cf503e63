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

bool may_write(const std::string& folder) {
    return ::access(folder.c_str(), W_OK | X_OK) == 0;
}

// The folder itself, or the one in which it would be made.
bool may_use(const std::string& folder) {
    if (::access(folder.c_str(), F_OK) == 0) return may_write(folder);
    return may_write(folder.substr(0, folder.rfind('/')));
}

std::string usable_or_nothing(std::string folder) {
    return may_use(folder) ? std::move(folder) : std::string();
}

// Root keeps to a folder of its own; anybody else has what was given to him: the cgroup that he was
// started in, or a folder below the mount that belongs to him.
std::string v1_base(const std::string& mount, std::string_view own, std::string_view parent) {
    if (mount.empty()) return {};
    const bool is_auto = parent == "auto";
    if (is_auto && ::geteuid() != 0 && own.size() > 1 && may_write(mount + std::string(own))) {
        return mount + std::string(own);
    }
    return usable_or_nothing(mount + "/" + std::string(is_auto ? "sluice" : parent));
}

void find_v1(cgroup_findings& found, std::string_view self, std::string_view parent) {
    const cgroup_mounts& m = found.mounts;
    const auto base = [&](const std::string& mount, const char* controller) {
        return v1_base(mount, controller_path(self, controller).value_or("/"), parent);
    };
    found.bases.memory = base(m.memory, "memory");
    found.bases.pids = base(m.pids, "pids");
    found.bases.cpuacct = base(m.cpuacct, "cpuacct");
    found.bases.cpu = base(m.cpu, "cpu");
    found.is_v1_usable =
        !found.bases.memory.empty() && !found.bases.pids.empty() && !found.bases.cpuacct.empty();
}

void find_v2(cgroup_findings& found, std::string_view self, std::string_view parent) {
    const std::string& mount = found.mounts.unified;
    if (mount.empty()) return;
    std::string own = unified_path(self).value_or("/");
    // A second launcher of the same unit finds itself in `main` already.
    if (own.ends_with("/main")) own.resize(own.size() - 5);
    if (own.empty()) own = "/";
    found.own_unified = own;
    // In a delegated subtree only the own folder's list counts.
    found.v2_controllers = read_whole_file((mount + own + "/cgroup.controllers").c_str());
    const std::string path = parent != "auto" ? "/" + std::string(parent)
                             : own == "/"     ? "/sluice"
                                              : own;
    found.bases.unified = usable_or_nothing(mount + path);
    found.is_v2_usable = has_word(found.v2_controllers, "memory") &&
                         has_word(found.v2_controllers, "pids") && !found.bases.unified.empty();
}

}  // namespace

cgroup_findings find_cgroups(std::string_view parent) {
    cgroup_findings found;
    found.mounts = parse_cgroup_mounts(read_whole_file("/proc/self/mounts"));
    const std::string self = read_whole_file("/proc/self/cgroup");
    if (parent != "none") {
        find_v1(found, self, parent);
        find_v2(found, self, parent);
    }
    const cgroup_mounts& m = found.mounts;
    const std::string swaps = read_whole_file("/proc/swaps");
    const bool has_swap = swaps.find('\n') != swaps.rfind('\n');
    const bool has_memsw = found.is_v2_usable ||
                           ::access((m.memory + "/memory.memsw.limit_in_bytes").c_str(), F_OK) == 0;
    found.has_swap_limit = has_memsw || !has_swap;
    return found;
}

std::unique_ptr<cgroup_host> make_cgroup_host(const cgroup_findings& found, unsigned cpu_percent) {
    if (found.is_v2_usable) return make_cgroup_host_v2(found, cpu_percent);
    if (found.is_v1_usable) return make_cgroup_host_v1(found, cpu_percent);
    return nullptr;
}

std::unique_ptr<cgroup_meter> make_cgroup_meter(cgroup_version version) {
    switch (version) {
        case cgroup_version::v2:
            return make_cgroup_meter_v2();
        case cgroup_version::none:
            return make_cgroup_meter_none();
        default:
            return make_cgroup_meter_v1();
    }
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
