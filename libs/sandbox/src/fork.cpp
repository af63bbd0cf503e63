// See fork.hpp.
#include "sluice/sandbox/fork.hpp"

#include "manager_path.hpp"
#include "memfd.hpp"

#include "sluice/sandbox/launcher.hpp"

#include <utility>

namespace sluice::sandbox {

result<unique_fd> python_fork_library(const sandbox_config& config) {
    constexpr const char* name = "sluice-fork-python.so";
    auto code = read_beside_manager(config, name);
    if (!code) return std::move(code).error();
    return sealed_bytes(name, *code);
}

}  // namespace sluice::sandbox
