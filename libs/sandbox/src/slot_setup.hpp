// The first life of a slot manager: a fresh child of the launcher in new namespaces that builds the
// slot's root, gives up the launcher's identity and then becomes the manager by executing itself
// anew. (A new image has an address space that belongs to the slot's user namespace and remembers
// nothing.)
#pragma once

#include "cgroup.hpp"
#include "protocol.hpp"

#include <span>
#include <string>

namespace sluice::sandbox {

struct slot_setup {
    unsigned slot = 0;
    int socket = -1;        // to the service
    int release_pipe = -1;  // one byte comes when ids are mapped and the cgroup is joined
    int executable = -1;
    cgroup_version version = cgroup_version::v1;
    protocol::network reach = protocol::network::none;
    bool has_one_id = false;  // init_uid is not mapped: manager and program share job_uid
    const slot_cgroup_fds* cgroup = nullptr;
    std::span<const std::string> read_only_paths;
    // With network::egress.
    int relay = -1;
    int egress_rules = -1;
    std::span<const protocol::egress_rule> egress;
    bool has_fork_server = false;  // it may be told to keep one
};

// Never returns: executes the manager, or reports {step, errno} on the socket and exits.
[[noreturn]] void set_up_slot(const slot_setup& setup);

}  // namespace sluice::sandbox
