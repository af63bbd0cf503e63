// What administrators look at: the instances with what they do right now, the settings that may
// change, and the audit.
#pragma once

#include "../admin_ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

struct instance_view {
    instance_ref ref;
    std::string report;      // JSON
    bool is_current = true;  // false: it did not answer; as it last announced itself
};
awaitable<outcome<std::vector<instance_view>>> read_instances(observe::context ctx, admin_ports& p);

// The settings of each service as one of its instances says them: [{name, value, overridden,
// meaning}] as JSON.
struct service_settings {
    std::string service;
    std::string settings;
};
awaitable<outcome<std::vector<service_settings>>>
read_settings(observe::context ctx, admin_ports& p);

awaitable<outcome<std::vector<audit_entry>>> read_audit(
    observe::context ctx,
    admin_ports& p,
    std::optional<std::int64_t> before,
    std::int64_t limit
);

}  // namespace sluice::submission
