// Verdicts that look at an argument, as data: the compiler of the native filter and the translation
// for OCI runtimes both read this table, so the two cannot drift apart.
#pragma once

#include "protocol.hpp"
#include "seccomp_policy.hpp"

#include <cstdint>
#include <span>

namespace sluice::sandbox::seccomp {

struct argument_check {
    unsigned argument;
    std::uint32_t mask;  // of the argument's low half, which is all that the kernel looks at here
    std::span<const std::uint32_t> values;
    int listed;     // errno when (argument & mask) is one of the values; 0: allowed
    int otherwise;  // errno for every other value; 0: allowed
};

// nullptr for verdicts that look at no argument. Sockets of a run with a network need more than one
// argument: there seccomp_program.cpp has its own answer, and no OCI backend does that.
const argument_check* check_of(verdict action, protocol::network reach = protocol::network::none);

}  // namespace sluice::sandbox::seccomp
