// What a launcher process does for the service, of whatever backend, and the loop around it.
#pragma once

#include "protocol.hpp"
#include "step.hpp"

#include <sys/types.h>

#include <functional>
#include <memory>

namespace sluice::sandbox {

class slot_opener {
public:
    virtual ~slot_opener() = default;
    virtual unsigned slot_count() const = 0;
    // Ends the slot's old manager, if any, and starts a new one; `socket` is the service's end.
    virtual step_error open_slot(unsigned slot, protocol::network reach, int& socket) = 0;
    // The cgroups of a launcher that died, and whose place we took.
    virtual void remove_what_is_left_of(pid_t launcher) = 0;
    // Ends every manager (and with them every run) and removes the cgroups.
    virtual void close_all() = 0;
};

// What every launcher does first of all.
void become_launcher();
// Serves requests until the service has left, with a spare. `make` is called in each process that
// comes to serve. Returns the exit code.
int serve_slots(const std::function<std::unique_ptr<slot_opener>()>& make);

}  // namespace sluice::sandbox
