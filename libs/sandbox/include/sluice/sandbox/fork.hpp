// Fork servers: an interpreter that was started once, and of which every run that may use it gets a
// process of its own, in the run's own namespaces (libs/sandbox/src/fork_server.hpp). Such runs
// share its hash seed and its address layout, so it is for users whom the operator trusts.
// sandbox_config::has_fork_servers must be set.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/runtime/unique_fd.hpp"
#include "sluice/sandbox/jail_spec.hpp"

#include <cstdint>

namespace sluice::sandbox {

struct sandbox_config;

struct fork_spec {
    std::uint64_t key = 0;      // not 0
    std::uint32_t runs = 1000;  // it is replaced after so many; not 0
    command what;               // with "main.py", which runs bring
    // Only of a run with this limit can it make the program; any other starts cold.
    std::int64_t stack_bytes = run_limits{}.stack_bytes;
    unique_fd library;  // of python_fork_library()
};

// What a Python interpreter is taught to fork with: sluice-fork-python.so beside the slot manager;
// errc::io when it cannot be read.
result<unique_fd> python_fork_library(const sandbox_config& config);

}  // namespace sluice::sandbox
