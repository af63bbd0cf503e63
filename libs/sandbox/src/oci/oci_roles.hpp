// The lives of sluice-slot-manager when the sandboxes are containers of an OCI runtime, and what
// the service tells the first of them.
#pragma once

#include "../protocol.hpp"
#include "bundle_blanks.hpp"
#include "runtime_kind.hpp"

#include <string>
#include <vector>

namespace sluice::sandbox::oci {

// First message to the launcher, with the template as a sealed memfd; followed by `path_bytes` of
// read-only host paths, each ended by NUL.
struct launcher_config {
    std::uint32_t message_magic = protocol::magic;
    runtime_kind runtime = runtime_kind::crun;
    std::uint32_t slots = 0;
    std::uint32_t first_uid = 0;
    std::uint32_t cpu_percent = 0;  // of one processor, for each slot; 0: no limit
    std::uint32_t path_count = 0;
    std::uint32_t path_bytes = 0;
    char cgroup_parent[protocol::max_parent_name] = {};
    char runtime_path[256] = {};
};
static_assert(std::is_trivially_copyable_v<launcher_config>);

struct oci_settings {
    runtime_kind runtime = runtime_kind::crun;
    std::string runtime_path;
    unsigned slots = 1;
    unsigned first_uid = 200000;
    unsigned cpu_percent = 0;
    std::string cgroup_parent;
    std::string cgroup_path;  // of this launcher, below every cgroup mount
    std::vector<std::string> read_only_paths;
    std::string bundle;  // config.json with blanks
};

// Spawned by the service with the control socket as descriptor 3; ends with it.
int oci_launcher_main();
// One slot: root of the host, but PID 1 of its own pid, mount, net, uts and ipc namespace.
[[noreturn]] void oci_slot_main(const oci_settings& settings, unsigned slot, int socket);
// PID 1 of a container: --oci-init RUNTIME DISK_BYTES INODES, with the descriptors of
// container.cpp.
int oci_init_main(int argc, char** argv);

}  // namespace sluice::sandbox::oci
