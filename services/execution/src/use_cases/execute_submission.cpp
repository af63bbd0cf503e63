// See execute_submission.hpp. The state of one execution lives in the class `one_execution`, so
// that its steps are short functions; it is a local of the coroutine and never outlives it.
#include "use_cases/execute_submission.hpp"

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
        program_.language = installed.language->id;
        if (installed.language->warm.is_offered) slot_.prefer(program_.language);
        program_.plan = domain::make_plan(
            task_,
            *installed.language,
            installed.availability.version,
            installed.availability.prepared_folder
        );
        program_.files = std::move(task_.files);
        tell(domain::progress_kind::running);
        if (program_.plan.compile) {
            auto done = co_await compile_program(ctx_, ports_, program_, slot_);
            if (!done) co_return failed(done.error());
            result_.times.compiled_at = ports_.time.now();
            result_.compile = done->report;
            tell(domain::progress_kind::compiled);
            if (done->failure) co_return not_compiled(*done);
        }
        auto job = job_of(ports_, program_);
        if (!job) co_return failed(job.error());
        job->stdin_bytes = std::move(task_.stdin_bytes);
        job->on_started = [this] { result_.times.started_at = ports_.time.now(); };
        auto outcome = co_await run_in_slot(ctx_, ports_, slot_, std::move(*job));
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
    runnable program_;
    domain::run_result result_;
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
