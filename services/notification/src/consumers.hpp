// The three ways into this service, as loops over their queues: results and dead tasks are acked
// once they are stored and told, progress is acked by being taken. A batch is what is there: one
// delivery is waited for, the rest is taken without waiting.
#pragma once

#include "config.hpp"
#include "ports.hpp"

#include "sluice/amqp/consumer.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

#include <vector>

namespace sluice::notification {

// Several batches may be on their way at once: while one commits, the next one is taken.
class results_consumer {
public:
    results_consumer(
        asio::any_io_executor executor,
        amqp::consumer& source,
        ports& p,
        batch_config settings,
        runtime::gate& batches
    );
    awaitable<void> run();  // until the consumer is stopped
    void change(batch_config settings) { settings_ = settings; }

private:
    awaitable<void> handle(std::vector<amqp::delivery> batch);
    awaitable<void> handle_decodable(const std::vector<amqp::delivery>& batch);

    amqp::consumer& source_;
    ports& ports_;
    batch_config settings_;
    runtime::gate& batches_;
    runtime::event has_place_;
    std::int64_t in_flight_ = 0;
};

// Tasks that no worker could finish: each ends as internal_error, by the way of every result.
class dead_task_consumer {
public:
    dead_task_consumer(amqp::consumer& source, ports& p) : source_(source), ports_(p) {}
    awaitable<void> run();

private:
    amqp::consumer& source_;
    ports& ports_;
};

// Queued, running, compiled: at most once, in order, dropped while Redis is away.
class progress_consumer {
public:
    progress_consumer(amqp::consumer& source, ports& p, std::size_t max_batch)
        : source_(source), ports_(p), max_batch_(max_batch) {}
    awaitable<void> run();

private:
    amqp::consumer& source_;
    ports& ports_;
    std::size_t max_batch_;
};

}  // namespace sluice::notification
