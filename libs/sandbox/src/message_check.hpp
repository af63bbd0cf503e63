// What a receiver must find before it uses a field of a message (protocol.hpp). Pure functions,
// used by all four processes and fuzzed as such: the service believes nothing that a broken-into
// manager could write, nor the manager an init.
#pragma once

#include "launcher_core.hpp"
#include "protocol.hpp"

#include <cstddef>
#include <span>

namespace sluice::sandbox {

// False leaves `out` in an unspecified state.
bool parse_launcher_config(std::span<const std::byte> bytes, launcher_settings& out);

// `size` and `fds` are what the socket gave: bytes and descriptors.
bool is_valid(
    const protocol::launcher_request& request,
    long size,
    std::size_t fds,
    unsigned slots
);
bool is_valid(const protocol::launcher_reply& reply, long size, std::size_t fds);
bool is_valid(const protocol::slot_request& request, long size, std::size_t fds);
bool is_valid(const protocol::slot_reply& reply, long size, std::size_t fds);
bool is_valid(const protocol::init_event& event, long size, std::size_t fds);
bool is_valid(const protocol::interaction_order& order, long size, std::size_t fds);
bool is_valid(const protocol::terminal_made& made, long size, std::size_t fds);

}  // namespace sluice::sandbox
