// See fork.hpp.
#include "sluice/sandbox/fork.hpp"

#include "manager_path.hpp"
#include "memfd.hpp"

#include "sluice/sandbox/launcher.hpp"

#include <fstream>
#include <sstream>

namespace sluice::sandbox {

result<unique_fd> python_fork_library(const sandbox_config& config) {
    const std::string manager = manager_path(config);
    const std::string path = manager.substr(0, manager.rfind('/') + 1) + "sluice-fork-python.so";
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    if (!file) return fail(errc::io, path + ": cannot be read");
    return sealed_bytes("sluice-fork-python.so", bytes.str());
}

}  // namespace sluice::sandbox
