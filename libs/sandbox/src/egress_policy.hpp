// Which addresses outside a program with `network: egress` may reach. Addresses alone decide, and
// they are looked at when a connection is made: a name that resolves to something else is that
// other address. No I/O; used by the service (to check its configuration), by init (what to listen
// for) and by the relay, which is the one that decides.
#pragma once

#include "protocol.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace sluice::sandbox {

struct egress_target {
    bool is_v6 = false;
    std::array<std::uint8_t, 16> address{};  // the first four for IPv4
    std::uint16_t port = 0;
};

// "192.0.2.7:443", "192.0.2.0/24:443/tcp", "[2001:db8::/32]:443". Nothing when it is not one, or
// when it has bits beyond its prefix, which is more often a mistake than a wish.
std::optional<protocol::egress_rule> parse_egress_rule(std::string_view text);

// What came in a message.
bool is_valid(const protocol::egress_rule& rule);

// `is_own`: an address of this machine. Loopback, private, link-local (the metadata services of
// clouds), carrier, multicast and translated addresses are permitted only by a rule that lies
// within such a range, and one's own only by a rule that names that one address: what is meant by
// "everything, port 443" is everybody else.
bool is_permitted(
    std::span<const protocol::egress_rule> rules,
    const egress_target& target,
    bool is_own
);

}  // namespace sluice::sandbox
