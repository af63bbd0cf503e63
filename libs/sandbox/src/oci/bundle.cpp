// Follows the OCI runtime specification 1.0. What the native backend does itself and no runtime can
// be asked for (one tmpfs behind three folders, another uid for the program than for PID 1) is done
// by our own init, which the container starts; for that alone init keeps some capabilities in its
// user namespace, where host uid 0 does not exist.
#include "bundle.hpp"

#include "../protocol.hpp"
#include "../small_io.hpp"
#include "bundle_blanks.hpp"
#include "seccomp_json.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <algorithm>

namespace sluice::sandbox::oci {

namespace {

using json = nlohmann::ordered_json;

json mount(
    std::string destination,
    std::string type,
    std::string source,
    std::vector<std::string> options
) {
    json m;
    m["destination"] = std::move(destination);
    m["type"] = std::move(type);
    m["source"] = std::move(source);
    m["options"] = std::move(options);
    return m;
}

bool is_folder(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

json read_only_bind(runtime_kind kind, const std::string& source, const std::string& target) {
    // Whatever is mounted below a shown folder is read-only too. gVisor knows no recursive form,
    // and crun knows it for folders only.
    const bool is_recursive = kind != runtime_kind::runsc && is_folder(source);
    const char* seal = is_recursive ? "rro" : "ro";
    return mount(target, "bind", source, {"rbind", seal, "nosuid", "nodev", "rprivate"});
}

bool is_file_or_folder(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 && !S_ISLNK(info.st_mode);
}

bool is_below(const std::string& path, const std::string& parent) {
    return path == parent || (path.starts_with(parent) && path[parent.size()] == '/');
}

json mounts(runtime_kind kind, std::vector<std::string> paths) {
    json all = json::array();
    all.push_back(mount("/proc", "proc", "proc", {"nosuid", "nodev", "noexec", "subset=pid"}));
    all.push_back(mount(
        "/dev",
        "tmpfs",
        "tmpfs",
        {"ro", "nosuid", "noexec", "strictatime", "mode=755", "size=64k"}
    ));
    all.push_back(
        mount("/dev/shm", "tmpfs", "shm", {"nosuid", "nodev", "noexec", "mode=755", "size=4k"})
    );
    all.push_back(read_only_bind(kind, init_file, init_in_container));
    std::sort(paths.begin(), paths.end());
    std::string last;
    for (const std::string& path : paths) {
        if ((!last.empty() && is_below(path, last)) || !is_file_or_folder(path)) continue;
        all.push_back(read_only_bind(kind, path, path));
        last = path;
    }
    return all;
}

// Init's, in its own user namespace. It empties the bounding set before it reads a byte, and the
// program is another uid: it starts with none and can regain none.
json capabilities() {
    const json needed = json::array(
        {"CAP_SYS_ADMIN",
         "CAP_CHOWN",
         "CAP_DAC_OVERRIDE",
         "CAP_DAC_READ_SEARCH",
         "CAP_FOWNER",
         "CAP_KILL",
         "CAP_SETUID",
         "CAP_SETGID",
         "CAP_SETPCAP"}
    );
    json sets;
    for (const char* set : {"bounding", "effective", "permitted"})
        sets[set] = needed;
    for (const char* set : {"inheritable", "ambient"})
        sets[set] = json::array();
    return sets;
}

// The program's own limits are set by init; these hold for init too.
json rlimits() {
    json all = json::array();
    for (const char* type : {"RLIMIT_CORE", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO"}) {
        json limit;
        limit["type"] = type;
        limit["hard"] = 0;
        limit["soft"] = 0;
        all.push_back(std::move(limit));
    }
    return all;
}

// Before services, after the program (which gives itself 1000). It can never be lowered here.
int oom_score() {
    const std::string own = read_whole_file("/proc/self/oom_score_adj");
    int value = 0;
    std::from_chars(own.data(), own.data() + own.size(), value);
    return std::max(value, 500);
}

json process(runtime_kind kind) {
    json p;
    p["terminal"] = false;
    p["user"] = {{"uid", 0}, {"gid", 0}};
    p["args"] =
        json::array({init_in_container, "--oci-init", name_of(kind), blank_disk, blank_inodes});
    p["env"] = json::array();
    p["cwd"] = "/";
    p["capabilities"] = capabilities();
    p["rlimits"] = rlimits();
    p["oomScoreAdj"] = oom_score();
    p["noNewPrivileges"] = true;
    return p;
}

// The blank for a number as a string; printing puts the quotes back.
json unquoted(const char* blank) {
    return std::string(blank + 1, std::char_traits<char>::length(blank) - 2);
}

json id_map(unsigned inside, const char* blank) {
    json entry;
    entry["containerID"] = inside;
    entry["hostID"] = unquoted(blank);
    entry["size"] = 1;
    return entry;
}

json linux_part(runtime_kind kind) {
    json l;
    l["namespaces"] = json::array();
    for (const char* type : {"pid", "mount", "network", "ipc", "uts", "user", "cgroup"})
        l["namespaces"].push_back({{"type", type}});
    const json ids = json::array(
        {id_map(protocol::init_uid, blank_init_uid), id_map(protocol::job_uid, blank_job_uid)}
    );
    l["uidMappings"] = ids;
    l["gidMappings"] = ids;
    l["cgroupsPath"] = blank_cgroup;
    l["resources"] = {
        {"devices", json::array({{{"allow", false}, {"access", "rwm"}}})},
        {"memory", {{"limit", unquoted(blank_memory)}, {"swap", unquoted(blank_memory)}}},
        {"pids", {{"limit", unquoted(blank_tasks)}}}};
    l["maskedPaths"] = json::array(
        {"/proc/acpi",
         "/proc/asound",
         "/proc/kcore",
         "/proc/keys",
         "/proc/latency_stats",
         "/proc/timer_list",
         "/proc/timer_stats",
         "/proc/sched_debug",
         "/proc/scsi",
         "/sys/firmware"}
    );
    l["readonlyPaths"] =
        json::array({"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"});
    // gVisor has a kernel of its own; there init installs the filter.
    if (kind != runtime_kind::runsc) l["seccomp"] = seccomp_profile(seccomp::native());
    return l;
}

}  // namespace

std::string bundle_template(runtime_kind kind, const std::vector<std::string>& read_only_paths) {
    json config;
    config["ociVersion"] = "1.0.0";
    config["process"] = process(kind);
    config["root"] = {{"path", rootfs_folder}, {"readonly", true}};
    config["hostname"] = "sandbox";
    config["mounts"] = mounts(kind, read_only_paths);
    config["linux"] = linux_part(kind);
    return config.dump(1);
}

}  // namespace sluice::sandbox::oci
