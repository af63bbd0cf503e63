// See execute_submission.hpp. The state of one execution lives in the class `one_execution`, so
// that its steps are short functions; it is a local of the coroutine and never outlives it. A step
// that returns an execution_end has ended the task.
#include "use_cases/execute_submission.hpp"

#include "live_output.hpp"
#include "run_control.hpp"
#include "use_cases/output_checker.hpp"
#include "use_cases/run_comparison.hpp"
#include "use_cases/run_tests.hpp"

#include "sluice/domain/validation.hpp"
#include "sluice/runtime/unless.hpp"

#include <algorithm>
#include <utility>

namespace sluice::execution {
namespace {

constexpr const char* sandbox_message =
    "The program could not be run because of a failure of the service.";

using maybe_end = std::optional<execution_end>;

class one_execution {
public:
    one_execution(
        observe::context ctx,
        execution_ports& ports,
        domain::task task,
        worker_slots::lease& slot,
        wall_time taken_at
    )
        : ctx_(std::move(ctx)), ports_(ports), slot_(slot) {
        result_ = internal_error(task, "", ports_.worker_id, ctx_.attempt);
        result_.times.taken_at = taken_at;
        if (ports_.live != nullptr) {
            output_ = std::make_shared<live_output>(
                *ports_.live,
                ports_.time,
                output_identity{task.id, task.correlation_id, ctx_.attempt}
            );
            control_ =
                std::make_shared<run_control>(*ports_.live, ports_.sandbox, ports_.time, task);
        }
        program_.task = std::move(task);
    }
    ~one_execution() {
        if (output_) output_->stop();
        if (control_) control_->close();
    }
    one_execution(const one_execution&) = delete;
    one_execution& operator=(const one_execution&) = delete;

    awaitable<execution_end> run() {
        if (control_) co_await control_->open();
        if (is_cancelled()) co_return cancelled();
        auto planned = plan_program(ports_, std::move(program_.task), *result_.times.taken_at);
        if (auto* refused = std::get_if<refusal>(&planned)) {
            co_return ended(refused->why, std::move(refused->message), "");
        }
        program_ = std::get<runnable>(std::move(planned));
        if (program_.language->warm.is_offered) slot_.prefer(program_.language->id);
        tell(domain::progress_kind::running);
        if (auto end = co_await compile()) co_return std::move(*end);
        if (program_.task.comparison) co_return co_await compare();
        if (program_.task.checker) {
            auto& checker = *program_.task.checker;
            auto end =
                co_await prepare(std::move(checker), checker_arguments(), checker_, "checker");
            if (end) co_return std::move(*end);
        }
        if (!program_.task.tests.empty()) co_return co_await test();
        co_return co_await once();
    }

private:
    // Others may wait for a compilation: when it is cancelled it is given up as a whole, and one of
    // them begins anew.
    template <class T>
    awaitable<result<T>> unless_cancelled(awaitable<result<T>> op) {
        if (!control_) co_return co_await std::move(op);
        co_return co_await runtime::unless(control_->cancelled(), std::move(op));
    }

    bool is_cancelled() { return control_ && control_->cancelled().is_set(); }

    execution_end cancelled() {
        result_.times.ended_at = ports_.time.now();
        return ended({domain::status::cancelled, domain::limit_kind::none}, "");
    }

    // Only a lone run is watched and steered; tests and comparisons can be cancelled.
    void connect(run_job& job) {
        job.on_started = [this] {
            note_start();
            if (control_) control_->on_started(slot_.index());
        };
        const domain::task& task = program_.task;
        if (task.interactive) {
            job.how = task.tty ? domain::interaction::terminal : domain::interaction::pipes;
        }
        if (!output_) return;
        job.on_output = [this](domain::output_stream from, std::string_view bytes) {
            control_->on_output();
            output_->add(from, bytes);
        };
    }

    domain::progress progress_of(domain::progress_kind kind) const {
        domain::progress p;
        p.kind = kind;
        p.id = result_.id;
        p.correlation_id = result_.correlation_id;
        p.user_id = result_.user_id;
        p.language = result_.language;
        p.worker_id = ports_.worker_id;
        p.at = ports_.time.now();
        return p;
    }

    void tell(domain::progress_kind kind) {
        domain::progress p = progress_of(kind);
        if (kind == domain::progress_kind::compiled) p.compile = result_.compile;
        ports_.progress.publish(ctx_, p);
    }

    void tell(std::size_t index, const domain::test_result& r) {
        domain::progress p = progress_of(domain::progress_kind::test_finished);
        p.test = r;
        p.test->run.stdout_bytes.clear();
        p.test->run.stderr_bytes.clear();
        p.test_index = static_cast<std::int64_t>(index);
        p.test_count = static_cast<std::int64_t>(program_.task.tests.size());
        ports_.progress.publish(ctx_, p);
    }

    void note_start() {
        if (!result_.times.started_at) result_.times.started_at = ports_.time.now();
    }

    awaitable<maybe_end> compile() {
        if (!program_.plan.compile) co_return std::nullopt;
        auto made = compile_program(ctx_, ports_, program_, slot_);
        auto done = co_await unless_cancelled(std::move(made));
        if (is_cancelled()) co_return cancelled();
        if (!done) co_return failed(done.error());
        result_.times.compiled_at = ports_.time.now();
        result_.compile = done->report;
        tell(domain::progress_kind::compiled);
        if (!done->failure) co_return std::nullopt;
        co_return ended(*done->failure, std::move(done->message));
    }

    // Plans and compiles a program beside the task's own.
    awaitable<maybe_end> prepare(
        domain::side_program side,
        std::vector<std::string> args,
        runnable& into,
        std::string name
    ) {
        auto planned = plan_program(ports_, std::move(side), std::move(args), result_.user_id);
        if (auto* refused = std::get_if<refusal>(&planned)) {
            co_return ended(refused->why, "The " + name + ": " + refused->message, "");
        }
        into = std::get<runnable>(std::move(planned));
        if (!into.plan.compile) co_return std::nullopt;
        auto made = compile_program(ctx_, ports_, into, slot_);
        auto done = co_await unless_cancelled(std::move(made));
        if (!done) co_return failed(done.error());
        if (!done->failure) co_return std::nullopt;
        std::string message = "The " + name + " does not compile.";
        if (&into != &checker_) {
            result_.compile = std::move(done->report);
            co_return ended(*done->failure, std::move(message));
        }
        // It is not the tested program that failed to compile.
        bool is_cut = false;
        result_.checker_output = std::move(done->report.output);
        keep_at_most(result_.checker_output, kept_.kept_checker_output_bytes, is_cut);
        const domain::verdict v{domain::status::internal_error, done->failure->limit_hit};
        co_return ended(v, std::move(message));
    }

    // One run, with the submission's input.
    awaitable<execution_end> once() {
        auto job = job_of(ports_, program_);
        if (!job) co_return failed(job.error());
        // A checker reads the input too.
        job->stdin_bytes = program_.task.stdin_bytes;
        connect(*job);
        auto outcome = co_await run_in_slot(ctx_, ports_, slot_, std::move(*job));
        if (control_) control_->run_ended();
        if (output_) co_await output_->finish();
        if (!outcome) co_return failed(outcome.error());
        result_.times.ended_at = ports_.time.now();
        if (control_ && control_->is_idle_too_long()) {
            outcome->facts.was_cancelled = false;
            outcome->facts.idle_time_exceeded = true;
        }
        const domain::task& task = program_.task;
        domain::verdict v =
            domain::classify(outcome->facts, task.expected_output, outcome->out, task.compare);
        take(report_of(*outcome, v));
        const bool is_checked = task.compare.mode == domain::match_mode::checker;
        if (is_checked && v.status == domain::status::accepted) {
            const std::string expected = task.expected_output.value_or("");
            auto judging = check_output(
                ctx_,
                ports_,
                checker_,
                slot_,
                task.stdin_bytes,
                result_.stdout_bytes,
                expected
            );
            auto judged = co_await unless_cancelled(std::move(judging));
            if (!judged) co_return failed(judged.error());
            result_.checker_output = std::move(judged->said);
            v.status = judged->status;
            co_return ended(v, std::move(judged->message));
        }
        co_return ended(v, v.status == domain::status::internal_error ? sandbox_message : "");
    }

    awaitable<execution_end> test() {
        tests_job job{program_, &checker_, slot_, {}, {}};
        job.on_started = [this] { note_start(); };
        job.on_finished = [this](std::size_t index, const domain::test_result& r) {
            tell(index, r);
        };
        auto running = run_tests(ctx_, ports_, std::move(job));
        auto done = co_await unless_cancelled(std::move(running));
        if (!done) co_return failed(done.error());
        result_.times.ended_at = ports_.time.now();
        result_.tests = std::move(done->results);
        co_return judged_by_tests(done->is_out_of_time);
    }

    // The end of the first test that failed is the end of the submission; what was used is the sum,
    // of memory the most.
    execution_end judged_by_tests(bool is_out_of_time) {
        domain::run_report all;
        all.status = domain::status::accepted;
        all.exit_code = 0;
        std::string message;
        if (const auto* failure = domain::first_failure(result_.tests)) {
            all = failure->run;
            message = failure->message;
            if (message.empty() && all.status == domain::status::internal_error) {
                message = sandbox_message;
            }
        } else if (is_out_of_time) {
            all.status = domain::status::time_limit;
            all.limit_hit = domain::limit_kind::wall_time;
            all.exit_code.reset();
            message = "The tests took too long in all; some were not run.";
        }
        const auto& times = result_.times;
        all.wall_us = times.started_at ? (*times.ended_at - *times.started_at).count() * 1000 : 0;
        all.cpu_us = 0;
        for (const auto& t : result_.tests)
            all.cpu_us += t.run.cpu_us;
        all.memory_peak_bytes = domain::total_of(result_.tests).worst_memory_peak_bytes;
        const domain::verdict v{all.status, all.limit_hit};
        take(std::move(all));
        return ended(v, std::move(message));
    }

    awaitable<execution_end> compare() {
        auto& sides = *program_.task.comparison;
        auto end = co_await prepare(
            std::move(sides.second),
            program_.task.args,
            second_,
            "second program"
        );
        if (end) co_return std::move(*end);
        end = co_await prepare(std::move(sides.generator), {}, generator_, "generator");
        if (end) co_return std::move(*end);
        comparison_job job{program_, second_, generator_, slot_, [this] { note_start(); }};
        auto running = run_comparison(ctx_, ports_, std::move(job));
        auto done = co_await unless_cancelled(std::move(running));
        if (!done) co_return failed(done.error());
        result_.times.ended_at = ports_.time.now();
        result_.comparison = std::move(done->report);
        result_.cpu_us = done->cpu_us;
        result_.memory_peak_bytes = done->memory_peak_bytes;
        if (const auto started = result_.times.started_at) {
            result_.wall_us = (*result_.times.ended_at - *started).count() * 1000;
        }
        co_return ended(done->verdict, std::move(done->message));
    }

    void take(domain::run_report r) {
        result_.exit_code = r.exit_code;
        result_.signal = r.signal;
        result_.stdout_bytes = std::move(r.stdout_bytes);
        result_.stderr_bytes = std::move(r.stderr_bytes);
        result_.stdout_truncated = r.stdout_truncated;
        result_.stderr_truncated = r.stderr_truncated;
        result_.cpu_us = r.cpu_us;
        result_.wall_us = r.wall_us;
        result_.memory_peak_bytes = r.memory_peak_bytes;
    }

    execution_end ended(const domain::verdict& v, std::string message) {
        result_.status = v.status;
        result_.limit_hit = v.limit_hit;
        result_.message = std::move(message);
        execution_end end;
        end.result = std::move(result_);
        return end;
    }

    execution_end failed(const error& e) {
        if (is_cancelled()) return cancelled();
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

    static constexpr domain::result_bounds kept_{};

    observe::context ctx_;
    execution_ports& ports_;
    worker_slots::lease& slot_;
    runnable program_;
    runnable checker_;
    runnable second_, generator_;  // of a comparison
    domain::run_result result_;
    std::shared_ptr<live_output> output_;  // both or neither
    std::shared_ptr<run_control> control_;
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
