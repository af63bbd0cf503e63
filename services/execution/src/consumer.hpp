// The loop that takes tasks, and what becomes of each: decode → execute → publish → ack.
#pragma once

#include "ports.hpp"
#include "reserve_rule.hpp"
#include "use_cases/execute_submission.hpp"
#include "worker_slots.hpp"

#include "sluice/runtime/gate.hpp"

#include <list>

namespace sluice::execution {

// A task in hand.
struct job {
    std::string submission_id, correlation_id, user_id, language;
    int attempt = 1;
    wall_time since;
};

class consumer {
public:
    // All of them outlive the consumer and every task in the gate.
    consumer(
        task_source& source,
        result_sink& results,
        execution_ports& ports,
        worker_slots& slots,
        runtime::gate& tasks
    );

    // Ends when the source is stopped or the slots are closed. A slot is taken first, then a task;
    // each task goes on in the gate.
    awaitable<void> run();

    void pause();
    void resume();
    bool is_paused() const { return is_paused_; }
    // So many tasks more than slots, while runs are short and nobody else has room for them.
    void change_reserve(std::uint16_t most);
    const std::list<job>& jobs() const { return jobs_; }  // the oldest first

private:
    awaitable<void> one(worker_slots::lease slot, amqp::delivery d);
    awaitable<bool> finish(observe::context ctx, domain::run_result r);

    task_source& source_;
    result_sink& results_;
    execution_ports& ports_;
    worker_slots& slots_;
    runtime::gate& tasks_;
    bool is_paused_ = false;
    reserve_rule reserve_;
    std::list<job> jobs_;
};

// Ids, trace and attempt of a delivered task.
observe::context context_of(const domain::task& t, const amqp::delivery& d);

}  // namespace sluice::execution
