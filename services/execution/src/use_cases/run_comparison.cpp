// See run_comparison.hpp. A round: the generator prints an input for the seed, both programs read
// it, their outputs are compared. Ending otherwise than well is a difference too.
#include "use_cases/run_comparison.hpp"

#include "use_cases/execute_submission.hpp"

#include "sluice/domain/validation.hpp"

#include <algorithm>

namespace sluice::execution {
namespace {

std::string how_the_generator_failed(std::int64_t seed, const domain::run_report& r) {
    std::string message = "The generator failed for the seed " + std::to_string(seed) + ": " +
                          std::string(to_string(r.status));
    if (r.exit_code) message += ", exit code " + std::to_string(*r.exit_code);
    if (r.signal) message += ", signal " + std::to_string(*r.signal);
    return message + ".";
}

class comparison_run {
public:
    comparison_run(observe::context ctx, execution_ports& ports, comparison_job& job)
        : ctx_(std::move(ctx)), ports_(ports), job_(job), bounds_(*job.first.task.comparison) {
        end_.verdict = {domain::status::accepted, domain::limit_kind::none};
    }

    awaitable<result<comparison_end>> run() {
        const steady_time begun_at = ports_.time.steady();
        const std::chrono::milliseconds longest(bounds_.time_ms);
        for (std::int64_t round = 0; round < bounds_.rounds; ++round) {
            if (round > 0 && ports_.time.steady() - begun_at > longest) break;
            auto goes_on = co_await one_round(bounds_.seed + round);
            if (!goes_on) co_return std::move(goes_on).error();
            if (!*goes_on) break;
        }
        co_return std::move(end_);
    }

private:
    // False when there is nothing to look for any more.
    awaitable<result<bool>> one_round(std::int64_t seed) {
        std::vector<std::string> seed_argument(1, std::to_string(seed));
        auto generation = job_of(ports_, job_.generator, seed_argument);
        if (!generation) co_return std::move(generation).error();
        auto generated = co_await report_of_run(std::move(*generation));
        if (!generated) co_return std::move(generated).error();
        if (generated->status != domain::status::accepted) {
            end_.message = how_the_generator_failed(seed, *generated);
            end_.verdict = {domain::status::internal_error, generated->limit_hit};
            found(seed, std::move(generated->stdout_bytes));
            co_return false;
        }
        const std::string& input = generated->stdout_bytes;
        auto first = co_await side(job_.first, input);
        if (!first) co_return std::move(first).error();
        auto second = co_await side(job_.second, input);
        if (!second) co_return std::move(second).error();
        ++end_.report.rounds;
        const domain::verdict v = verdict_of(*first, *second);
        if (v.status == domain::status::accepted) co_return true;
        end_.verdict = v;
        end_.report.first = kept(std::move(*first));
        end_.report.second = kept(std::move(*second));
        found(seed, std::move(generated->stdout_bytes));
        co_return false;
    }

    domain::verdict verdict_of(const domain::run_report& first, const domain::run_report& second)
        const {
        for (const auto* side : {&first, &second}) {
            if (side->status != domain::status::accepted) return {side->status, side->limit_hit};
        }
        const bool is_same = domain::output_matches(
            job_.first.task.compare,
            first.stdout_bytes,
            second.stdout_bytes
        );
        const auto status = is_same ? domain::status::accepted : domain::status::wrong_answer;
        return {status, domain::limit_kind::none};
    }

    awaitable<result<domain::run_report>> side(runnable& p, const std::string& input) {
        auto job = job_of(ports_, p);
        if (!job) co_return std::move(job).error();
        job->stdin_bytes = input;
        co_return co_await report_of_run(std::move(*job));
    }

    awaitable<result<domain::run_report>> report_of_run(run_job job) {
        job.on_started = job_.on_started;
        auto outcome = co_await run_in_slot(ctx_, ports_, job_.slot, std::move(job));
        if (!outcome) co_return std::move(outcome).error();
        const auto verdict = domain::classify(outcome->facts, std::nullopt, {});
        auto report = report_of(*outcome, verdict);
        end_.cpu_us += report.cpu_us;
        end_.memory_peak_bytes = std::max(end_.memory_peak_bytes, report.memory_peak_bytes);
        co_return report;
    }

    static domain::run_report kept(domain::run_report r) {
        const std::size_t most = domain::result_bounds{}.kept_comparison_bytes;
        keep_at_most(r.stdout_bytes, most, r.stdout_truncated);
        keep_at_most(r.stderr_bytes, most, r.stderr_truncated);
        return r;
    }

    void found(std::int64_t seed, std::string input) {
        end_.report.seed = seed;
        const std::size_t most = domain::result_bounds{}.kept_comparison_bytes;
        keep_at_most(input, most, end_.report.input_truncated);
        end_.report.input = std::move(input);
    }

    observe::context ctx_;
    execution_ports& ports_;
    comparison_job& job_;
    const domain::comparison_task& bounds_;
    comparison_end end_;
};

}  // namespace

awaitable<result<comparison_end>>
run_comparison(observe::context ctx, execution_ports& ports, comparison_job job) {
    comparison_run one(std::move(ctx), ports, job);
    co_return co_await one.run();
}

}  // namespace sluice::execution
