// Tasks and "queued" events into RabbitMQ.
#pragma once

#include "../ports.hpp"

#include "sluice/amqp/publisher.hpp"
#include "sluice/messages/topology.hpp"

namespace sluice::submission {

class amqp_queue final : public task_queue {
public:
    amqp_queue(
        amqp::publisher& publisher,
        messages::queue_names queues,
        std::chrono::milliseconds confirm_timeout,
        const clock& time
    );
    awaitable<result<void>> publish(outgoing_task task) override;
    void announce(const outgoing_task& task) override;
    bool is_connected() const override { return publisher_.is_connected(); }

private:
    amqp::publisher& publisher_;
    messages::queue_names queues_;
    std::chrono::milliseconds confirm_timeout_;
    const clock& time_;
};

// What this service publishes to, and the dead-letter queue behind it.
amqp::topology topology_of(const messages::queue_names& queues);

}  // namespace sluice::submission
