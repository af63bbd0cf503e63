// Compiles a table into a classic BPF program: the numbers become ranges of equal verdict, searched
// binarily, so that a call costs about eight comparisons and loading costs little.
#pragma once

#include "protocol.hpp"
#include "seccomp_policy.hpp"

#include <linux/filter.h>

#include <vector>

namespace sluice::sandbox::seccomp {

std::vector<sock_filter>
compile(const table& rules, protocol::network reach = protocol::network::none);

// Installs it for this process and whatever it creates; needs no_new_privs. 0, or -1 with errno.
int install(const std::vector<sock_filter>& program);

}  // namespace sluice::sandbox::seccomp
