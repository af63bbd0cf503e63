// Theory of operation. `pending_` holds the tests that nobody has begun. One coroutine with the
// task's own slot takes from it until it is empty; one helper for each further slot does the same
// whenever it is lent a sandbox. A test whose sandbox is called back is killed and pending again,
// so that the own slot, which is never called back, gets to it. With stop_on_first_failure only
// tests before the first failed one are begun any more: since tests begin in order, that one is the
// same whatever runs beside it.
#include "use_cases/run_tests.hpp"

#include "use_cases/execute_submission.hpp"
#include "use_cases/output_checker.hpp"

#include "sluice/domain/validation.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/gate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

#include <algorithm>
#include <set>

namespace sluice::execution {
namespace {

constexpr std::size_t least_kept = 256;

// What `op` gave; nullopt when `recalled` came first, and then op was cancelled and has ended.
awaitable<std::optional<result<domain::test_result>>>
unless_recalled(awaitable<result<domain::test_result>> op, runtime::event& recalled) {
    auto executor = co_await asio::this_coro::executor;
    auto [order, thrown, value, recall_thrown, recall] =
        co_await asio::experimental::make_parallel_group(
            asio::co_spawn(executor, std::move(op), asio::deferred),
            asio::co_spawn(executor, recalled.wait(), asio::deferred)
        )
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (order[0] == 0 && thrown) std::rethrow_exception(thrown);
    const bool is_done = !thrown && (value || order[0] == 0);
    if (is_done) co_return std::move(value);
    co_return std::nullopt;
}

// Does what is to be done however a coroutine ends: by return, by exception, by being destroyed.
template <class Act>
class finally {
public:
    explicit finally(Act act) : act_(std::move(act)) {}
    ~finally() { act_(); }
    finally(const finally&) = delete;
    finally& operator=(const finally&) = delete;

private:
    Act act_;
};

class tests_run {
public:
    tests_run(
        observe::context ctx,
        execution_ports& ports,
        tests_job& job,
        asio::any_io_executor executor
    )
        : ctx_(std::move(ctx))
        , ports_(ports)
        , job_(job)
        , tests_(job.tested.task.tests)
        , stop_at_(tests_.size())
        , kept_(std::max(
              least_kept,
              domain::result_bounds{}.kept_test_output_bytes / (2 * tests_.size())
          ))
        , begun_at_(ports.time.steady())
        , one_ended_(executor)
        , own_share_ended_(executor)
        , helpers_(executor, [this](const std::string&, std::exception_ptr thrown) {
            stop_for(fail(errc::internal, describe(thrown)));
        }) {
        for (std::size_t i = 0; i < tests_.size(); ++i) {
            pending_.insert(i);
            domain::test_result& r = end_.results.emplace_back();
            r.name = tests_[i].name;
            r.weight = tests_[i].weight;
        }
    }

    awaitable<result<tests_end>> run() {
        // Before anything is borrowed, so that nothing has to be called back for it.
        auto chosen = co_await job_.slot.choose();
        if (!chosen) co_return std::move(chosen).error();
        const std::size_t beside = std::min(job_.slot.owner().count(), tests_.size()) - 1;
        for (std::size_t i = 0; i < beside; ++i)
            helpers_.spawn("tests", help());
        helpers_.spawn("tests", own_share());
        auto waited = co_await own_share_ended_.wait();
        if (!waited) stop_for(waited.error());
        // All end with their task, also when that was cancelled.
        co_await asio::this_coro::reset_cancellation_state();
        co_await helpers_.close(std::chrono::milliseconds(0));
        if (error_) co_return *error_;
        co_return std::move(end_);
    }

private:
    // Until every test has ended, or one could not be run.
    awaitable<void> own_share() {
        const finally ended([this] { own_share_ended_.set(); });
        while (!error_) {
            if (const auto index = next()) {
                co_await run_one(*index, job_.slot);
            } else if (in_flight_ == 0) {
                break;
            } else {
                one_ended_.reset();
                auto waited = co_await one_ended_.wait();
                if (!waited) stop_for(waited.error());
            }
        }
    }

    std::optional<std::size_t> next() {
        if (error_ || pending_.empty() || *pending_.begin() >= stop_at_) return std::nullopt;
        const std::chrono::milliseconds longest(domain::result_bounds{}.longest_tests_ms);
        if (ports_.time.steady() - begun_at_ > longest) {
            end_.is_out_of_time = true;
            return std::nullopt;
        }
        const std::size_t index = *pending_.begin();
        pending_.erase(pending_.begin());
        return index;
    }

    awaitable<void> help() {
        for (;;) {
            auto loan = co_await job_.slot.owner().borrow(job_.slot.preferred());
            if (!loan) co_return;
            const auto index = next();
            if (!index) co_return;
            co_await run_one(*index, *loan);
        }
    }

    awaitable<void> run_one(std::size_t index, worker_slots::lease& slot) {
        ++in_flight_;
        const finally ended([this] {
            --in_flight_;
            one_ended_.set();
        });
        std::optional<result<domain::test_result>> done;
        if (slot.is_loan()) {
            auto test = run_test(index, slot);
            done = co_await unless_recalled(std::move(test), slot.recalled());
        } else {
            done = co_await run_test(index, slot);
        }
        if (!done) {
            pending_.insert(index);
        } else if (*done) {
            finished(index, std::move(**done));
        } else {
            stop_for(done->error());
        }
    }

    awaitable<result<domain::test_result>> run_test(std::size_t index, worker_slots::lease& slot) {
        const domain::test_case& test = tests_[index];
        auto job =
            test.args ? job_of(ports_, job_.tested, *test.args) : job_of(ports_, job_.tested);
        if (!job) co_return std::move(job).error();
        job->stdin_bytes = test.stdin_bytes;
        job->on_started = job_.on_started;
        auto outcome = co_await run_in_slot(ctx_, ports_, slot, std::move(*job));
        if (!outcome) co_return std::move(outcome).error();
        const domain::matching& how = job_.tested.task.compare;
        const auto verdict =
            domain::classify(outcome->facts, test.expected_output, outcome->out, how);
        domain::test_result r = end_.results[index];
        r.was_run = true;
        r.run = report_of(*outcome, verdict);
        const bool is_checked = how.mode == domain::match_mode::checker;
        if (is_checked && verdict.status == domain::status::accepted) {
            static const std::string nothing;
            auto judged = co_await check_output(
                ctx_,
                ports_,
                *job_.checker,
                slot,
                test.stdin_bytes,
                r.run.stdout_bytes,
                test.expected_output ? *test.expected_output : nothing
            );
            if (!judged) co_return std::move(judged).error();
            r.run.status = judged->status;
            r.checker_output = std::move(judged->said);
            r.message = std::move(judged->message);
        }
        keep_at_most(r.run.stdout_bytes, kept_, r.run.stdout_truncated);
        keep_at_most(r.run.stderr_bytes, kept_, r.run.stderr_truncated);
        co_return r;
    }

    void finished(std::size_t index, domain::test_result r) {
        const bool is_failed = r.run.status != domain::status::accepted;
        if (is_failed && job_.tested.task.stop_on_first_failure) {
            stop_at_ = std::min(stop_at_, index);
        }
        end_.results[index] = std::move(r);
        if (job_.on_finished) job_.on_finished(index, end_.results[index]);
    }

    void stop_for(const error& e) {
        if (!error_) error_ = e;
        one_ended_.set();
    }

    observe::context ctx_;
    execution_ports& ports_;
    tests_job& job_;
    const std::vector<domain::test_case>& tests_;
    std::set<std::size_t> pending_;
    std::size_t in_flight_ = 0;
    std::size_t stop_at_;  // tests from here on are not begun
    std::size_t kept_;     // of stdout, and of stderr
    steady_time begun_at_;
    tests_end end_;
    std::optional<error> error_;
    runtime::event one_ended_;
    runtime::event own_share_ended_;
    runtime::gate helpers_;
};

}  // namespace

awaitable<result<tests_end>>
run_tests(observe::context ctx, execution_ports& ports, tests_job job) {
    auto executor = co_await asio::this_coro::executor;
    tests_run one(std::move(ctx), ports, job, executor);
    co_return co_await one.run();
}

}  // namespace sluice::execution
