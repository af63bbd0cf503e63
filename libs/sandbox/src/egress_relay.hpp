// The way out for runs with `network: egress`: one process per slot, outside of it, in the
// service's network. A run's namespace has no interface but lo; what it connects to is accepted
// there by sockets that init made and handed over, and the relay makes a connection of its own to
// the same address, if that is permitted, and carries bytes. It reads no protocol: the kernel says
// where a connection was meant to go.
#pragma once

#include "id_map.hpp"
#include "protocol.hpp"

#include <sys/types.h>

#include <span>

namespace sluice::sandbox {

// Init to relay, with `listeners` listening sockets and a handle of init, whose end is the end of
// the run.
struct relay_order {
    std::uint32_t message_magic = protocol::magic;
    std::uint32_t listeners = 0;
};

// Starts one as `uid` (mapped alone, in namespaces of its own for everything but the network);
// `socket` is where inits hand over their listeners.
step_error start_relay(
    const id_plan& plan,
    unsigned uid,
    std::span<const protocol::egress_rule> rules,
    int& socket,
    pid_t& pid
);

// The relay's own walls: an empty root, no capability, a filter that knows sockets of TCP only.
step_error enclose_relay();

// Carries until the last holder of the other end of `socket` is gone.
void relay_connections(int socket, std::span<const protocol::egress_rule> rules);

}  // namespace sluice::sandbox
