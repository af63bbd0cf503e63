// See execute_submission.hpp. The state of one execution lives in the class `one_execution`, so
// that its steps are short functions; it is a local of the coroutine and never outlives it.
#include "use_cases/execute_submission.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/observe/log.hpp"

#include <utility>

namespace sluice::execution {
namespace {

constexpr const char* sandbox_message =
    "The program could not be run because of a failure of the service.";

class one_execution {
public:
    one_execution(
        observe::context ctx,
        execution_ports& ports,
        domain::task task,
        worker_slots::lease& slot,
        wall_time taken_at
    )
        : ctx_(std::move(ctx)), ports_(ports), task_(std::move(task)), slot_(slot) {
        result_ = internal_error(task_, "", ports_.worker_id, ctx_.attempt);
        result_.times.taken_at = taken_at;
    }

    awaitable<execution_end> run() {
        const installed_language installed = ports_.languages.find(task_.language);
        if (auto refused = refuse(task_, installed, *result_.times.taken_at)) {
            co_return ended(refused->why, std::move(refused->message), "");
        }
        plan_ = domain::make_plan(
            task_,
            *installed.language,
            installed.availability.version,
            installed.availability.prepared_folder
        );
        tell(domain::progress_kind::running);
        if (plan_.compile) {
            auto done = co_await compile();
            if (!done) co_return failed(done.error());
            result_.times.compiled_at = ports_.time.now();
            result_.compile = done->report;
            tell(domain::progress_kind::compiled);
            if (done->failure) co_return not_compiled(*done);
            artefacts_ = std::move(done->artefacts);
        }
        auto job = run_stage_job();
        if (!job) co_return failed(job.error());
        auto outcome = co_await run_with_retry(std::move(*job));
        if (!outcome) co_return failed(outcome.error());
        co_return classified(std::move(*outcome));
    }

private:
    void tell(domain::progress_kind kind) {
        domain::progress p;
        p.kind = kind;
        p.id = task_.id;
        p.correlation_id = task_.correlation_id;
        p.user_id = task_.user_id;
        p.language = task_.language;
        p.worker_id = ports_.worker_id;
        p.at = ports_.time.now();
        if (kind == domain::progress_kind::compiled) p.compile = result_.compile;
        ports_.progress.publish(ctx_, p);
    }

    awaitable<result<compiled>> compile() {
        std::function<awaitable<result<compiled>>()> work = [this] { return compile_here(); };
        co_return co_await ports_.cache.get_or_compile(plan_.cache_material, std::move(work));
    }

    awaitable<result<compiled>> compile_here() {
        auto packed = ports_.sandbox.pack(task_.files, plan_.artefact_folder);
        if (!packed) co_return std::move(packed).error();
        sources_ = std::move(*packed);
        auto outcome = co_await compile_by(*plan_.compile);
        if (!outcome) co_return std::move(outcome).error();
        if (plan_.compile_plainly && says_something(*outcome)) {
            outcome = co_await compile_by(*plan_.compile_plainly);
            if (!outcome) co_return std::move(outcome).error();
        }
        co_return judged(std::move(*outcome));
    }

    // The compiler was not silent, or it failed by itself; a limit that it hit is hit without what
    // was prepared all the more, and is not tried again.
    static bool says_something(const run_outcome& o) {
        return !o.out.empty() || !o.err.empty() || o.facts.exit_code.value_or(0) != 0;
    }

    awaitable<result<run_outcome>> compile_by(domain::planned_command command) {
        run_job job;
        job.command = std::move(command);
        job.files.push_back(sources_);
        job.collect_folder = plan_.artefact_folder;
        job.drains_output = true;
        co_return co_await run_with_retry(std::move(job));
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

    result<run_job> run_stage_job() {
        run_job job;
        job.command = plan_.run;
        job.stdin_bytes = std::move(task_.stdin_bytes);
        job.on_started = [this] { result_.times.started_at = ports_.time.now(); };
        if (!artefacts_ || plan_.keeps_sources) {
            if (!sources_) {
                auto packed = ports_.sandbox.pack(task_.files, "");
                if (!packed) return std::move(packed).error();
                sources_ = std::move(*packed);
            }
            job.files.push_back(sources_);
        }
        if (artefacts_) job.files.push_back(artefacts_);
        return job;
    }

    // A sandbox that fails gets one more chance, in another slot when one is idle.
    awaitable<result<run_outcome>> run_with_retry(run_job job) {
        run_job again = job;
        auto outcome = co_await ports_.sandbox.run(slot_.index(), std::move(job));
        if (outcome || is_interruption(outcome.error()) || outcome.error() == errc::invalid) {
            co_return outcome;
        }
        observe::warn(ctx_, "sandbox_retry", {{"error", outcome.error()}, {"slot", slot_.index()}});
        ports_.metrics.retries.increment();
        slot_.swap();
        co_return co_await ports_.sandbox.run(slot_.index(), std::move(again));
    }

    execution_end classified(run_outcome outcome) {
        result_.times.ended_at = ports_.time.now();
        const domain::verdict v =
            domain::classify(outcome.facts, task_.expected_output, outcome.out);
        result_.status = v.status;
        result_.limit_hit = v.limit_hit;
        if (v.status == domain::status::internal_error) result_.message = sandbox_message;
        result_.exit_code = outcome.facts.exit_code;
        result_.signal = outcome.facts.signal;
        result_.stdout_bytes = std::move(outcome.out);
        result_.stderr_bytes = std::move(outcome.err);
        result_.stdout_truncated = outcome.out_truncated;
        result_.stderr_truncated = outcome.err_truncated;
        result_.cpu_us = outcome.cpu_us;
        result_.wall_us = outcome.wall_us;
        result_.memory_peak_bytes = outcome.memory_peak_bytes;
        execution_end end;
        end.result = std::move(result_);
        return end;
    }

    execution_end not_compiled(compiled& done) {
        result_.status = done.failure->status;
        result_.limit_hit = done.failure->limit_hit;
        result_.message = std::move(done.message);
        execution_end end;
        end.result = std::move(result_);
        return end;
    }

    execution_end failed(const error& e) {
        if (is_interruption(e)) return ended(failure::interrupted, "", describe(e));
        if (e == errc::invalid) {
            return ended(
                failure::refused,
                "The program's files or arguments do not fit into the sandbox.",
                describe(e)
            );
        }
        return ended(failure::sandbox_failed, sandbox_message, describe(e));
    }

    execution_end ended(failure why, std::string message, std::string detail) const {
        execution_end end;
        end.why = why;
        end.message = std::move(message);
        end.detail = std::move(detail);
        return end;
    }

    observe::context ctx_;
    execution_ports& ports_;
    domain::task task_;
    worker_slots::lease& slot_;
    domain::execution_plan plan_;
    domain::run_result result_;
    pack_pointer sources_;  // packed at most once
    pack_pointer artefacts_;
};

}  // namespace

awaitable<execution_end> execute_submission(
    observe::context ctx,
    execution_ports& ports,
    domain::task task,
    worker_slots::lease& slot,
    wall_time taken_at
) {
    one_execution one(std::move(ctx), ports, std::move(task), slot, taken_at);
    co_return co_await one.run();
}

}  // namespace sluice::execution
