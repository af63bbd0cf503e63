// Looks at /proc and the cgroup mounts.
#include "host_state.hpp"

#include "cgroup_text.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sluice::sandbox::test {

namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

bool is_living_process_of(const std::string& status, unsigned uid) {
    std::istringstream lines(status);
    bool is_living = true;
    bool is_of_uid = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("State:\tZ") || line.starts_with("State:\tX")) is_living = false;
        if (line.starts_with("Uid:\t"))
            is_of_uid = line.starts_with("Uid:\t" + std::to_string(uid) + "\t");
    }
    return is_living && is_of_uid;
}

// Where the program has our own uid: of its processes only those below a slot manager's init, which
// is PID 1 there.
bool is_ours(const std::string& status) {
    std::istringstream lines(status);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("NSpid:")) continue;
        const auto depth = std::count(line.begin(), line.end(), '\t');
        return depth < 3 || line.ends_with("\t1");
    }
    return true;
}

bool is_pid_1(const std::string& status) {
    std::istringstream lines(status);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("NSpid:")) return line.ends_with("\t1");
    }
    return false;
}

// The process that waits in the next sandbox for its command is no program yet: its image is the
// slot manager's, as are those of manager and init, PID 1 of their namespaces.
bool waits_for_command(const fs::path& process, const std::string& status) {
    const std::string command = text_of(process / "cmdline");
    const std::size_t first_end = command.find('\0');
    return first_end != std::string::npos && command.substr(first_end + 1).starts_with("--slot") &&
           !is_pid_1(status);
}

template <class Look>
void for_each_process(Look look) {
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        look(entry.path(), text_of(entry.path() / "status"));
    }
}

}  // namespace

std::vector<std::string> processes_of(unsigned uid) {
    std::vector<std::string> found;
    int waiting = 0;
    for_each_process([&](const fs::path& process, const std::string& status) {
        if (!is_living_process_of(status, uid) || (uid == ::geteuid() && is_ours(status))) return;
        // One of the next sandbox, one more where the last is about to end.
        if (waits_for_command(process, status) && ++waiting <= 2) return;
        found.push_back(process.filename().string() + " " + text_of(process / "comm"));
    });
    return found;
}

bool has_waiting_job(unsigned uid) {
    bool has_one = false;
    for_each_process([&](const fs::path& process, const std::string& status) {
        if (is_living_process_of(status, uid) && waits_for_command(process, status)) has_one = true;
    });
    return has_one;
}

long pid_namespace_depth(pid_t pid) {
    std::istringstream lines(text_of(fs::path("/proc") / std::to_string(pid) / "status"));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("NSpid:")) return std::count(line.begin(), line.end(), '\t');
    }
    return 0;
}

std::string own_delegated_folder() {
    std::string own = unified_path(text_of("/proc/self/cgroup")).value_or("/");
    if (own.ends_with("/main")) own.resize(own.size() - 5);
    return own;
}

std::vector<std::string> cgroups_below(const std::string& parent) {
    const cgroup_mounts mounts = parse_cgroup_mounts(text_of("/proc/self/mounts"));
    std::vector<std::string> found;
    for (const std::string& mount :
         {mounts.memory, mounts.pids, mounts.cpuacct, mounts.cpu, mounts.unified}) {
        std::error_code none;
        // Folders may vanish while this looks: a step fails then, and what was found counts.
        const fs::path base = mount + "/" + (parent == "auto" ? own_delegated_folder() : parent);
        for (fs::recursive_directory_iterator at(base, none), end; at != end; at.increment(none)) {
            // What was given to us holds ourselves, in `main`.
            const bool is_self = parent == "auto" && at->path() == base / "main";
            // The folder of a container that is made ahead comes and goes; its slot's stays.
            const bool is_next_container = at->path().filename() == "run";
            if (at->is_directory(none) && !is_self && !is_next_container)
                found.push_back(at->path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

// Only what could be ours: other programs of the machine come and go while this runs.
std::string mounts_of_host() {
    std::istringstream lines(text_of("/proc/self/mounts"));
    std::string ours;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("box ") || line.starts_with("sluice ")) ours += line + "\n";
    }
    return ours;
}

std::string ipc_of(unsigned first_uid) {
    std::string ours;
    const auto is_ours = [&](const std::string& uid) {
        return uid == std::to_string(first_uid) || uid == std::to_string(first_uid + 1);
    };
    for (const char* list : {"/proc/sysvipc/shm", "/proc/sysvipc/msg", "/proc/sysvipc/sem"}) {
        std::istringstream lines(text_of(list));
        for (std::string line; std::getline(lines, line);) {
            std::istringstream columns(line);
            for (std::string column; columns >> column;) {
                if (!is_ours(column)) continue;
                ours += line + "\n";
                break;
            }
        }
    }
    return ours;
}

std::string files_of(unsigned first_uid) {
    std::string ours;
    for (const char* folder : {"/tmp", "/var/tmp", "/dev", "/dev/shm", "/dev/mqueue", "/run"}) {
        std::error_code none;
        fs::recursive_directory_iterator at(folder, none);
        for (const fs::recursive_directory_iterator end; !none && at != end; at.increment(none)) {
            if (at.depth() >= 1) at.disable_recursion_pending();
            struct stat info {};
            if (::lstat(at->path().c_str(), &info) < 0) continue;
            if (info.st_uid == first_uid || info.st_uid == first_uid + 1) {
                ours += at->path().string() + "\n";
            }
        }
    }
    return ours;
}

std::string interfaces_of_host() {
    std::string names;
    std::istringstream lines(text_of("/proc/self/net/dev"));
    for (std::string line; std::getline(lines, line);) {
        const std::size_t colon = line.find(':');
        if (colon != std::string::npos) names += line.substr(0, colon) + "\n";
    }
    return names;
}

std::int64_t memory_charged_to(const std::string& parent, bool reclaims) {
    const cgroup_mounts mounts = parse_cgroup_mounts(text_of("/proc/self/mounts"));
    std::int64_t bytes = 0;
    for (const std::string& folder : cgroups_below(parent)) {
        if (reclaims) {
            std::ofstream(folder + "/memory.force_empty") << "0";
            std::ofstream(folder + "/memory.reclaim") << "1G";
        }
        std::istringstream v1(text_of(folder + "/memory.usage_in_bytes"));
        std::istringstream v2(text_of(folder + "/memory.current"));
        std::int64_t charged = 0;
        if (v1 >> charged || v2 >> charged) bytes = std::max(bytes, charged);
    }
    return bytes;
}

namespace {
// More than the manager and an idle sandbox need, far less than any attack takes.
constexpr std::int64_t memory_slack = 16 << 20;
}  // namespace

host_watch::host_watch(jail& j)
    : jail_(j)
    , cgroups_(cgroups_below(j.config().cgroup_parent).size())
    , mounts_(mounts_of_host())
    , interfaces_(interfaces_of_host())
    , memory_(memory_charged_to(j.config().cgroup_parent, true)) {}

std::string host_watch::left_behind() const {
    std::string left;
    for (const std::string& process : processes_of(jail_.job_uid()))
        left += "process " + process;
    const std::string& parent = jail_.config().cgroup_parent;
    // On v2 the next run's leaf may be there already, or the last one's still.
    if (cgroups_below(parent).size() > cgroups_ + 1) left += "a cgroup\n";
    if (mounts_of_host() != mounts_) left += "a mount: " + mounts_of_host();
    if (interfaces_of_host() != interfaces_) left += "an interface: " + interfaces_of_host();
    left += ipc_of(jail_.manager_uid());
    left += files_of(jail_.manager_uid());
    if (memory_charged_to(parent, false) > memory_ + memory_slack &&
        memory_charged_to(parent, true) > memory_ + memory_slack) {
        left += "memory: " + std::to_string(memory_charged_to(parent, false)) + " bytes, " +
                std::to_string(memory_) + " in the beginning\n";
    }
    return left;
}

}  // namespace sluice::sandbox::test
