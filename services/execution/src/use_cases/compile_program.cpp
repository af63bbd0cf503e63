// The compile stage (program.hpp): one compiler run, a second one without what was prepared when
// the first was not silent, and what the compiler's end means.
#include "use_cases/execute_submission.hpp"

#include <utility>

namespace sluice::execution {
namespace {

class one_compilation {
public:
    one_compilation(
        observe::context ctx,
        execution_ports& ports,
        runnable& p,
        worker_slots::lease& slot
    )
        : ctx_(std::move(ctx)), ports_(ports), program_(p), plan_(p.plan), slot_(slot) {}

    awaitable<result<compiled>> run() {
        auto packed = ports_.sandbox.pack(program_.task.files, plan_.artefact_folder);
        if (!packed) co_return std::move(packed).error();
        program_.sources = std::move(*packed);
        auto outcome = co_await compile_by(*plan_.compile);
        if (!outcome) co_return std::move(outcome).error();
        if (plan_.compile_plainly && says_something(*outcome)) {
            outcome = co_await compile_by(*plan_.compile_plainly);
            if (!outcome) co_return std::move(outcome).error();
        }
        co_return judged(std::move(*outcome));
    }

private:
    // The compiler was not silent, or it failed by itself; a limit that it hit is hit without what
    // was prepared all the more, and is not tried again.
    static bool says_something(const run_outcome& o) {
        return !o.out.empty() || !o.err.empty() || o.facts.exit_code.value_or(0) != 0;
    }

    awaitable<result<run_outcome>> compile_by(domain::planned_command command) {
        run_job job;
        job.command = std::move(command);
        job.language = program_.language->id;
        job.files.push_back(program_.sources);
        job.collect_folder = plan_.artefact_folder;
        job.drains_output = true;
        co_return co_await run_in_slot(ctx_, ports_, slot_, std::move(job));
    }

    compiled judged(run_outcome outcome) const {
        compiled done;
        domain::compile_report& report = done.report;
        report.is_truncated = outcome.out_truncated || outcome.err_truncated;
        report.output = compiler_messages(
            outcome.out,
            outcome.err,
            ports_.max_compiler_output,
            report.is_truncated
        );
        report.exit_code = outcome.facts.exit_code;
        report.signal = outcome.facts.signal;
        report.cpu_us = outcome.cpu_us;
        report.wall_us = outcome.wall_us;
        report.memory_peak_bytes = outcome.memory_peak_bytes;
        done.failure = domain::classify_compile(outcome.facts);
        if (done.failure) {
            if (done.failure->status == domain::status::internal_error) {
                done.message = "The compiler ended in a way that the service could not understand.";
            }
        } else if (!outcome.artefacts_refused.empty()) {
            done.failure = domain::verdict{domain::status::compile_error, domain::limit_kind::disk};
            report.output += "\n[" + outcome.artefacts_refused + "]\n";
        } else if (!plan_.artefact_folder.empty() && !outcome.artefacts) {
            done.failure =
                domain::verdict{domain::status::internal_error, domain::limit_kind::none};
            done.message = "The compiler succeeded but left no program to run.";
        } else {
            done.artefacts = std::move(outcome.artefacts);
        }
        return done;
    }

    observe::context ctx_;
    execution_ports& ports_;
    runnable& program_;
    const domain::execution_plan& plan_;
    worker_slots::lease& slot_;
};

}  // namespace

awaitable<result<compiled>> compile_program(
    observe::context ctx,
    execution_ports& ports,
    runnable& p,
    worker_slots::lease& slot
) {
    one_compilation one(std::move(ctx), ports, p, slot);
    std::function<awaitable<result<compiled>>()> work = [&one] { return one.run(); };
    auto done = co_await ports.cache.get_or_compile(p.plan.cache_material, std::move(work));
    if (done && !done->failure) p.artefacts = done->artefacts;
    co_return done;
}

}  // namespace sluice::execution
