// The run stage (program.hpp).
#include "use_cases/execute_submission.hpp"

#include "sluice/observe/log.hpp"

#include <utility>

namespace sluice::execution {

result<run_job> job_of(execution_ports& ports, runnable& p) {
    run_job job;
    job.command = p.plan.run;
    job.language = p.language;
    if (!p.artefacts || p.plan.keeps_sources) {
        if (!p.sources) {
            auto packed = ports.sandbox.pack(p.files, "");
            if (!packed) return std::move(packed).error();
            p.sources = std::move(*packed);
        }
        job.files.push_back(p.sources);
    }
    if (p.artefacts) job.files.push_back(p.artefacts);
    return job;
}

awaitable<result<run_outcome>>
run_in_slot(observe::context ctx, execution_ports& ports, worker_slots::lease& slot, run_job job) {
    run_job again = job;
    auto outcome = co_await ports.sandbox.run(slot.index(), std::move(job));
    if (outcome || is_interruption(outcome.error()) || outcome.error() == errc::invalid) {
        co_return outcome;
    }
    // What was typed cannot be typed again, and what was shown is not shown twice.
    if (again.how != domain::interaction::none) co_return outcome;
    again.on_output = nullptr;
    observe::warn(ctx, "sandbox_retry", {{"error", outcome.error()}, {"slot", slot.index()}});
    ports.metrics.retries.increment();
    slot.swap();
    co_return co_await ports.sandbox.run(slot.index(), std::move(again));
}

}  // namespace sluice::execution
