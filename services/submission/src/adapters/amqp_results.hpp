// Results from the cache into the queue of results, with "queued" told before.
#pragma once

#include "../history_ports.hpp"

#include "sluice/amqp/publisher.hpp"
#include "sluice/messages/topology.hpp"

#include <chrono>

namespace sluice::submission {

class amqp_results final : public result_feed {
public:
    amqp_results(
        amqp::publisher& publisher,
        messages::queue_names queues,
        std::chrono::milliseconds confirm_timeout
    )
        : publisher_(publisher), queues_(std::move(queues)), confirm_timeout_(confirm_timeout) {}
    awaitable<result<void>> publish(domain::run_result value) override;

private:
    amqp::publisher& publisher_;
    messages::queue_names queues_;
    std::chrono::milliseconds confirm_timeout_;
};

}  // namespace sluice::submission
