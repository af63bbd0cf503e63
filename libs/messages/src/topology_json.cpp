// RabbitMQ's own names for what topology.hpp says.
#include "sluice/messages/topology_json.hpp"

#include <nlohmann/json.hpp>

namespace sluice::messages {

using nlohmann::json;

json broker_definitions(const queue_names& names, const std::string& vhost) {
    json queues = json::array();
    for (const auto& queue : all_queues(names)) {
        json arguments = json::object();
        for (const auto& [name, value] : queue.arguments) {
            std::visit([&](const auto& v) { arguments[name] = v; }, value);
        }
        queues.push_back(
            {{"name", queue.name},
             {"vhost", vhost},
             {"durable", queue.is_durable},
             {"auto_delete", false},
             {"arguments", std::move(arguments)}}
        );
    }
    json vhosts = json::array();
    vhosts.push_back(json::object({{"name", vhost}}));
    json document = json::object();
    document["vhosts"] = std::move(vhosts);
    document["queues"] = std::move(queues);
    return document;
}

json broker_permissions(const queue_names& names, const std::string& vhost) {
    json permissions = json::array();
    for (const auto& user : broker_users(names)) {
        permissions.push_back(
            {{"user", user.name},
             {"vhost", vhost},
             {"configure", user.configure},
             {"write", user.write},
             {"read", user.read}}
        );
    }
    return permissions;
}

}  // namespace sluice::messages
