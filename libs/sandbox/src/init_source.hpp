// Another way to make the PID 1 of a run than cloning the manager: an OCI runtime's container.
#pragma once

#include "step_mounts.hpp"

#include <sys/types.h>

namespace sluice::sandbox {

class init_source {
public:
    virtual ~init_source() = default;
    // `init` becomes a child of this process whose end is the end of the whole run; it speaks
    // init's protocol on `control`, and the program writes to the other two.
    virtual step_error
    start(int control, int output, int errors, box_size expected, pid_t& init) = 0;
    // The program's uid as this process sees it.
    virtual unsigned job_uid() const = 0;
};

}  // namespace sluice::sandbox
