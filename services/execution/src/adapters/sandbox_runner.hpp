// The sandbox's slots behind the port of the use case: domain limits in, facts for the domain out.
#pragma once

#include "adapters/fork_servers.hpp"
#include "adapters/warm_runtimes.hpp"
#include "ports.hpp"

#include "sluice/sandbox/launcher.hpp"

namespace sluice::execution {

struct artefact_bounds {
    std::int64_t max_bytes = 64 << 20;
    std::int64_t max_files = 512;
};

class slot_runner final : public sandbox_runner {
public:
    // After each run its slot has the runtime of that run's language waiting, or none; or, where
    // the run's user has them, its fork server, which is faster.
    slot_runner(
        sandbox::launcher& launcher,
        artefact_bounds bounds,
        warm_runtimes warm = {},
        fork_servers forks = {}
    )
        : launcher_(launcher), bounds_(bounds), warm_(std::move(warm)), forks_(std::move(forks)) {}

    result<pack_pointer>
    pack(std::span<const domain::source_file> files, const std::string& compiler_folder) override;
    awaitable<result<run_outcome>> run(std::size_t slot, run_job job) override;
    void steer(std::size_t slot, const domain::control_message& m) override;

private:
    sandbox::launcher& launcher_;
    artefact_bounds bounds_;
    warm_runtimes warm_;
    fork_servers forks_;
};

// The pure parts, for tests.
sandbox::run_limits to_run_limits(const domain::limits& l);
domain::exit_facts to_exit_facts(const sandbox::run_facts& f);
sandbox::run_request to_run_request(run_job job, const artefact_bounds& bounds);
// A pack that a compiler left empty; `folder` is where it was collected from.
bool is_empty_collection(const sandbox::file_pack& pack);

}  // namespace sluice::execution
