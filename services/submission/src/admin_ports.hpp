// What the administrators' use cases need: the instances of all services, the queues, and the
// database's memory of what was changed and by whom.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/core/error.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/fleet/orders.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

inline constexpr std::array<std::string_view, 4> service_names{
    "submission",
    "execution",
    "notification",
    "websocket"};
bool is_service(std::string_view name);

struct instance_ref {
    std::string service;
    std::string id;
};
struct live_instance {
    instance_ref ref;
    std::string report;  // JSON, as old as its last announcement
};

struct told {
    std::vector<fleet::answer> answers;
    std::vector<instance_ref> silent;  // did not answer in time
};

class fleet_port {
public:
    virtual ~fleet_port() = default;
    virtual awaitable<result<std::vector<live_instance>>> live() = 0;
    // Sends the order to the services of `whom` and waits a moment for the answers of all of them.
    virtual awaitable<result<told>> tell(fleet::order o, std::vector<instance_ref> whom) = 0;
    // Where instances find the values of administrators.
    virtual awaitable<result<void>>
    show_settings(std::string service, runtime::setting_overrides values) = 0;
};

using all_overrides = std::map<std::string, runtime::setting_overrides>;  // by service

struct audit_entry {
    std::int64_t id = 0;
    wall_time at;
    std::string actor;
    std::string action;
    std::string target;
    std::optional<std::string> setting, from, to;
    std::string outcome;
    std::optional<sluice::correlation_id> correlation_id;
};

struct setting_change_row {
    std::string service;
    std::string name;
    std::optional<std::string> value;  // nullopt: the configuration's own again
};

class admin_store {
public:
    virtual ~admin_store() = default;
    virtual awaitable<result<all_overrides>> overrides() = 0;
    // Both or neither.
    virtual awaitable<result<void>>
    change(std::vector<setting_change_row> rows, std::vector<audit_entry> audit) = 0;
    virtual awaitable<result<void>> note(std::vector<audit_entry> audit) = 0;
    // The newest first, those before `before` when given.
    virtual awaitable<result<std::vector<audit_entry>>>
    read_audit(std::optional<std::int64_t> before, std::int64_t limit) = 0;
};

struct queue_depth {
    std::string queue;
    std::optional<std::uint32_t> ready;  // nullopt: could not be told
    std::string problem;
};

class queue_reader {
public:
    virtual ~queue_reader() = default;
    virtual awaitable<std::vector<queue_depth>> depths() = 0;
};

struct admin_ports {
    fleet_port& fleet;
    admin_store& store;
    queue_reader& queues;
    const clock& time;
};

}  // namespace sluice::submission
