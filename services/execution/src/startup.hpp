// What happens before the process has a thread: the catalogue is read, the sandbox launcher is
// spawned with the rights that it needs, this process gives up its own, and the languages are
// looked for without them.
#pragma once

#include "adapters/fork_servers.hpp"
#include "adapters/warm_runtimes.hpp"
#include "config.hpp"
#include "language_table.hpp"
#include "privileges.hpp"

#include "sluice/sandbox/launcher.hpp"

#include <memory>
#include <string>

namespace sluice::execution {

struct started_process {
    language_table languages;
    std::unique_ptr<sandbox::launcher> launcher;
    privilege_report privileges;
    std::string worker_id;
    std::vector<std::string> toolchain_paths;
    warm_runtimes warm;
    fork_servers forks;
};

// Throws std::runtime_error with a sentence for the operator.
started_process start_process(const config& c);

// What was prepared for each language of the catalogue, in its order; "" for none.
std::vector<std::string>
prepared_folders(const config& c, const std::vector<domain::language>& catalogue);
std::vector<domain::language_availability> with_prepared(
    std::vector<domain::language_availability> found,
    const std::vector<std::string>& prepared
);
// What needs a way out, where none is permitted or containers have none, is not there.
std::vector<domain::language_availability> without_closed_networks(
    const config& c,
    const std::vector<domain::language>& catalogue,
    std::vector<domain::language_availability> found
);
// Containers of an OCI runtime have no network, not even loopback.
result<void> check_networks(const config& c, const std::vector<domain::language>& catalogue);
// The sandbox's settings with the paths that the languages need.
sandbox::sandbox_config sandbox_settings(
    const config& c,
    const std::vector<domain::language>& catalogue,
    const std::vector<std::string>& prepared
);
// host:pid:random, unless configured.
std::string make_worker_id(const worker_config& c);

// --doctor: prints what this host lacks for running programs safely, and the languages. 0 when it
// can run.
int doctor(const config& c);

}  // namespace sluice::execution
