// The two pipes of a run. The manager makes them one run ahead and gives their read ends to the
// service with the answer before: no message and no wake-up is spent on them while a run goes on.
#pragma once

#include "small_io.hpp"
#include "step.hpp"

namespace sluice::sandbox {

struct output_pipes {
    owned_fd out_read, err_read;    // until the service has them
    owned_fd out_write, err_write;  // init inherits them; ours stay open until the answer, so that
                                    // their end wakes nobody

    // The pipes belong to `owner`, the program's uid as this process sees it, so that the program
    // can reopen /dev/stdout as programs do.
    step_error make(unsigned owner);
};

}  // namespace sluice::sandbox
