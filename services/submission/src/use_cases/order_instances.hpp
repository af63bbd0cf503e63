// Pause, resume, drain: an administrator's order to one instance, or to all of a service. What was
// ordered, by whom and with what outcome is in the log and in the audit.
#pragma once

#include "../admin_ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

struct instance_outcome {
    instance_ref ref;
    bool is_applied = false;
    std::string reason;  // why not
};

struct instance_order {
    user_id administrator;
    fleet::action what = fleet::action::pause;
    std::string service;   // all of it; or
    std::string instance;  // this one
};

// not_found: no such instance lives. conflict: every one of them refused, or none answered.
awaitable<outcome<std::vector<instance_outcome>>>
order_instances(observe::context ctx, admin_ports& p, instance_order o);

// Redis cannot be asked.
rejection fleet_away(const observe::context& ctx, const error& why);
std::optional<sluice::correlation_id> correlation_of(const observe::context& ctx);
std::string target_of(const instance_ref& ref);  // service/instance

}  // namespace sluice::submission
