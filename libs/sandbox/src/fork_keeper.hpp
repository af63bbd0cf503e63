// The keeper of a slot's fork server: starts one when it is told to, and ends the one before.
#pragma once

#include "protocol.hpp"

#include <cstdint>

namespace sluice::sandbox {

// Manager → keeper: a `serve_forks` order with two descriptors, the server's end of its socket and
// the library; or `forget`, a head alone. Each is answered.
struct keeper_answer {
    std::uint32_t message_magic = protocol::magic;
    std::int32_t server = -1;  // its process id, -1 for none
};

// In a child of the manager; ends with its socket.
[[noreturn]] void keep_fork_servers(int control, protocol::network reach);

}  // namespace sluice::sandbox
