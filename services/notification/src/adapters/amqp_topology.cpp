// See amqp_topology.hpp.
#include "amqp_topology.hpp"

namespace sluice::notification {

amqp::topology needed_queues(const messages::queue_names& names) {
    const std::vector<std::string> wanted{
        names.execution_queue,
        names.progress_queue,
        names.submission_dead,
        names.execution_dead,
    };
    return amqp::topology::of(messages::queues_of(names, wanted));
}

}  // namespace sluice::notification
