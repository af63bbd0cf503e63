// See amqp_topology.hpp.
#include "amqp_topology.hpp"

namespace sluice::notification {

amqp::topology needed_queues(const messages::queue_names& names) {
    amqp::topology out;
    const std::vector<std::string> wanted{
        names.execution_queue,
        names.progress_queue,
        names.submission_dead,
        names.execution_dead,
    };
    for (const messages::queue_spec& spec : messages::queues_of(names, wanted)) {
        amqp::queue_declaration q;
        q.name = spec.name;
        q.is_durable = spec.is_durable;
        for (const auto& [key, value] : spec.arguments)
            q.arguments.emplace(key, value);
        out.queues.push_back(std::move(q));
    }
    return out;
}

}  // namespace sluice::notification
