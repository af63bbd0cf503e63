// In init, for a run with `network: egress`: every permitted address is made one of the run's own
// loopback, so that what a program connects to it is accepted inside, by sockets that the relay
// serves (egress_relay.hpp). Everything else has no route.
#pragma once

#include "protocol.hpp"
#include "step.hpp"

#include <span>

namespace sluice::sandbox {

// While the relay's socket and the rules are still open, and before the filter: routes need
// netlink, which no program gets.
step_error open_egress();

// In the slot's root, before it is sealed: /etc/resolv.conf with those addresses that a rule names
// one by one with port 53. They are asked over TCP; there is no way out for UDP.
step_error write_name_servers(std::span<const protocol::egress_rule> rules);

}  // namespace sluice::sandbox
