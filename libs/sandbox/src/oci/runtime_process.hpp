// Running an OCI runtime's command to its end, with a bound on the time. Its standard streams are
// pipes of ours and nothing of the host: runtimes give them to the container's user (crun 1.8 does
// so even with the host's /dev/null), and the log of the service is none of a container's business.
#pragma once

#include "../step.hpp"

#include <span>
#include <string>
#include <vector>

namespace sluice::sandbox::oci {

struct runtime_call {
    std::vector<std::string> argv;      // argv[0] is the path of the runtime
    std::span<const int> passed;        // become 3, 4, … of the runtime
    std::span<const std::string> join;  // cgroup.procs files that it enters first
    bool is_quiet = false;              // its complaints are expected, and not logged
};

// EIO when it ended with another code than 0, ETIMEDOUT when it was killed for its time.
step_error run_runtime(const runtime_call& call);

}  // namespace sluice::sandbox::oci
