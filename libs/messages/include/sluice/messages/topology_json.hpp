// The topology in the form in which RabbitMQ imports it (definitions.json).
#pragma once

#include "sluice/messages/topology.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sluice::messages {

// {"vhosts": […], "queues": […]}; no users and no passwords.
nlohmann::json broker_definitions(const queue_names& names, const std::string& vhost);
// [{"user","vhost","configure","write","read"}, …], as "permissions" of definitions.json.
nlohmann::json broker_permissions(const queue_names& names, const std::string& vhost);

}  // namespace sluice::messages
