// The queues of messages/topology.hpp as libs/amqp wants them.
#pragma once

#include "sluice/amqp/topology.hpp"
#include "sluice/messages/topology.hpp"

namespace sluice::notification {

// Everything this service takes from, and where its poison goes.
amqp::topology needed_queues(const messages::queue_names& names);

}  // namespace sluice::notification
