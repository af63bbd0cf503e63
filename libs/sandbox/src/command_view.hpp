// The variable part of a run request: argv, environment and collect folder as NUL-ended strings in
// one buffer. Checked once by the manager; init then uses the pointers as they are.
#pragma once

#include "protocol.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace sluice::sandbox {

struct command_view {
    // Filled as far as the counts go, and not zeroed: sixteen pages that nobody reads are dear.
    std::array<char*, protocol::max_arguments + 1> argv;
    std::array<char*, protocol::max_arguments + 1> envp;
    const char* collect_folder;
};

// False when counts, sizes or strings do not agree. Points into `bytes`.
bool parse_command(const protocol::slot_request& request, std::span<char> bytes, command_view& out);
// Ranges that the kernel files and rlimits can take; zero is never "unlimited". The name of the
// first field that is out of range, or nullptr.
const char* implausible_field(const protocol::slot_request& request);

}  // namespace sluice::sandbox
