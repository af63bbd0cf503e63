// A run's command as init and the program's process receive it: the request, the strings behind it
// and the descriptors that come with it.
#pragma once

#include "command_view.hpp"
#include "fd_message.hpp"
#include "protocol.hpp"
#include "step.hpp"

#include <array>

namespace sluice::sandbox {

// Too large for a stack.
struct received_command {
    protocol::slot_request request;
    std::array<char, sizeof(protocol::slot_request) + protocol::max_command_bytes> buffer;
    command_view view;
    received_message message;
    bool has_fork_failed = false;
};

// Blocks. `is_over`: the manager has closed the socket and wants no more of this sandbox.
step_error receive_command(int control, received_command& command, bool& is_over);

inline bool is_interactive(const protocol::slot_request& request) {
    return request.how != protocol::interaction::none;
}

// The packs of the command, and the folder that is collected, below /box, with the program's own
// file rights whoever calls: the files are its own, and no capability is at work.
step_error unpack_all(const received_command& command);

}  // namespace sluice::sandbox
