// Looks at /proc and the cgroup mounts.
#include "host_state.hpp"

#include "cgroup_text.hpp"

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

}  // namespace

std::vector<std::string> processes_of(unsigned uid) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (is_living_process_of(text_of(entry.path() / "status"), uid)) {
            found.push_back(name + " " + text_of(entry.path() / "comm"));
        }
    }
    return found;
}

long pid_namespace_depth(pid_t pid) {
    std::istringstream lines(text_of(fs::path("/proc") / std::to_string(pid) / "status"));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("NSpid:")) return std::count(line.begin(), line.end(), '\t');
    }
    return 0;
}

std::vector<std::string> cgroups_below(const std::string& parent) {
    const cgroup_mounts mounts = parse_cgroup_mounts(text_of("/proc/self/mounts"));
    std::vector<std::string> found;
    for (const std::string& mount :
         {mounts.memory, mounts.pids, mounts.cpuacct, mounts.cpu, mounts.unified}) {
        std::error_code none;
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(mount) / parent, none)) {
            if (entry.is_directory()) found.push_back(entry.path());
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

std::string ipc_of_host() {
    std::string ours;
    for (const char* list : {"/proc/sysvipc/shm", "/proc/sysvipc/msg", "/proc/sysvipc/sem"}) {
        std::istringstream lines(text_of(list));
        for (std::string line; std::getline(lines, line);) {
            std::istringstream columns(line);
            if (std::string key; columns >> key && key == "4711") ours += line + "\n";
        }
    }
    for (const char* folder : {"/dev/shm", "/dev/mqueue"}) {
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(folder, none)) {
            const std::string name = entry.path().filename();
            if (name == "note" || name.starts_with("f")) ours += name + "\n";
        }
    }
    return ours;
}

}  // namespace sluice::sandbox::test
