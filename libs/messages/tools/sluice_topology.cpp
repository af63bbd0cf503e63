// sluice-topology: prints what the broker must hold, from topology.hpp: by default the queues part
// of deployments/rabbitmq/definitions.json, with --permissions each user's rights. A test compares
// the checked-in file with the first; ./dev and the deployments add users from the second.
#include "sluice/messages/topology_json.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

int main(int argc, char** argv) {
    CLI::App app("Prints the broker's queues and permissions as JSON.");
    std::string vhost = "/";
    bool wants_permissions = false;
    app.add_option("--vhost", vhost, "virtual host");
    app.add_flag("--permissions", wants_permissions, "users and their permissions instead");
    CLI11_PARSE(app, argc, argv);

    const sluice::messages::queue_names names;
    const auto document = wants_permissions ? sluice::messages::broker_permissions(names, vhost)
                                            : sluice::messages::broker_definitions(names, vhost);
    fmt::print("{}\n", document.dump(4));
    return 0;
}
