// The plan and the run stage (program.hpp).
#include "use_cases/execute_submission.hpp"

#include "sluice/observe/log.hpp"

#include <utility>

namespace sluice::execution {

std::variant<runnable, refusal>
plan_program(const execution_ports& ports, domain::task task, wall_time now) {
    const installed_language installed = ports.languages.find(task.language);
    if (auto refused = refuse(task, installed, now)) return std::move(*refused);
    runnable p;
    p.language = installed.language;
    p.plan = domain::make_plan(
        task,
        *installed.language,
        installed.availability.version,
        installed.availability.prepared_folder
    );
    p.task = std::move(task);
    return p;
}

std::variant<runnable, refusal> plan_program(
    const execution_ports& ports,
    domain::side_program side,
    std::vector<std::string> args,
    user_id user
) {
    domain::task task;
    task.user_id = std::move(user);
    task.language = std::move(side.language);
    task.version = std::move(side.version);
    task.files = std::move(side.files);
    task.compile_args = std::move(side.compile_args);
    task.limits = side.limits;
    task.args = std::move(args);
    return plan_program(ports, std::move(task), wall_time{});
}

result<run_job> job_of(execution_ports& ports, runnable& p, const std::vector<std::string>& args) {
    auto job = job_of(ports, p);
    if (job) {
        job->command.argv = domain::run_argv(p.task, *p.language, args, p.plan.prepared_folder);
    }
    return job;
}

result<run_job> job_of(execution_ports& ports, runnable& p) {
    run_job job;
    job.command = p.plan.run;
    job.language = p.language->id;
    job.user = p.task.user_id;
    job.drains_output = p.task.truncates_output;
    if (!p.artefacts || p.plan.keeps_sources) {
        if (!p.sources) {
            auto packed = ports.sandbox.pack(p.task.files, "");
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
    auto chosen = co_await slot.choose();
    if (!chosen) co_return std::move(chosen).error();
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

domain::run_report report_of(run_outcome& outcome, const domain::verdict& v) {
    domain::run_report r;
    r.status = v.status;
    r.limit_hit = v.limit_hit;
    r.exit_code = outcome.facts.exit_code;
    r.signal = outcome.facts.signal;
    r.stdout_bytes = std::move(outcome.out);
    r.stderr_bytes = std::move(outcome.err);
    r.stdout_truncated = outcome.out_truncated;
    r.stderr_truncated = outcome.err_truncated;
    r.cpu_us = outcome.cpu_us;
    r.wall_us = outcome.wall_us;
    r.memory_peak_bytes = outcome.memory_peak_bytes;
    return r;
}

void keep_at_most(std::string& text, std::size_t bytes, bool& is_truncated) {
    if (text.size() <= bytes) return;
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U)
        --bytes;
    text.resize(bytes);
    is_truncated = true;
}

}  // namespace sluice::execution
