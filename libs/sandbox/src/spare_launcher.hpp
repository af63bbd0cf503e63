// The launcher is two processes, each of which brings the other back: the second one, its spare,
// sleeps until the first has died, and then serves in its place, with a spare of its own. Nobody
// else could: the service has given its rights away, and must not keep them for this.
#pragma once

#include "small_io.hpp"

#include <sys/types.h>

namespace sluice::sandbox {

class spare_launcher {
public:
    // Makes the spare. Returns 0 in the process that called; and once more in another process, the
    // spare, when that one has died: then with its pid. Without a spare (no free pid) it goes on
    // alone, and `handle` is -1.
    pid_t make();
    // Readable when the spare has died.
    int handle() const { return handle_.get(); }
    // Ends the spare: for an end in good order.
    void end();

private:
    pid_t pid_ = -1;
    owned_fd handle_;
};

}  // namespace sluice::sandbox
