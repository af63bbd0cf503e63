// Publishes what was stored but not confirmed, and what was confirmed long ago without a result;
// also forgets old Idempotency-Keys. Theory of operation: rows are claimed in a transaction with
// `skip locked`, published with confirms side by side, marked, and the transaction ends; replicas
// share the work, and a crash in between publishes a task twice, which its id makes harmless.
#pragma once

#include "../ports.hpp"
#include "postgres_outbox.hpp"

#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

namespace sluice::submission {

struct sweep_settings {
    std::chrono::milliseconds settle_after{5000};
    std::chrono::milliseconds interval{5000};
    std::int64_t batch = 100;
    std::chrono::milliseconds requeue_after{600'000};
    std::int64_t max_publishes = 3;
    std::chrono::milliseconds idempotency_keep{86'400'000};
};

class outbox_sweeper {
public:
    outbox_sweeper(
        asio::any_io_executor executor,
        postgres_outbox& outbox,
        task_queue& queue,
        outbox_level& level,
        const clock& time,
        sweep_settings settings
    );

    // Runs until stop().
    awaitable<void> run(runtime::gate& tasks);
    void stop();
    void change(sweep_settings settings) { settings_ = settings; }

    // One claim of each kind; how many were published. Public for tests.
    awaitable<result<std::int64_t>> sweep_unpublished(runtime::gate& tasks);
    awaitable<result<std::int64_t>> sweep_overdue(runtime::gate& tasks);
    awaitable<result<void>> recount();

private:
    struct round;
    awaitable<void> look(runtime::gate& tasks);
    awaitable<void> housekeeping(runtime::gate& tasks);
    awaitable<std::vector<submission_id>>
    publish_all(runtime::gate& tasks, std::vector<outgoing_task> claimed);
    awaitable<void> publish_one(std::shared_ptr<round> r, outgoing_task task);
    awaitable<result<std::int64_t>> publish_and_mark(
        runtime::gate& tasks,
        postgres::transaction tx,
        std::vector<outgoing_task> claimed
    );

    asio::any_io_executor executor_;
    postgres_outbox& outbox_;
    task_queue& queue_;
    outbox_level& level_;
    const clock& time_;
    sweep_settings settings_;
    runtime::event stopping_;
    observe::counter republished_;
    steady_time next_look_{};
    steady_time next_housekeeping_{};
};

}  // namespace sluice::submission
