// Changes settings of running services: checked whole by the instances that shall live with them,
// stored with the audit in one transaction, then told. Refused whole when anything is wrong.
#pragma once

#include "../admin_ports.hpp"
#include "../rejection.hpp"
#include "order_instances.hpp"

namespace sluice::submission {

struct settings_patch {
    user_id administrator;
    std::vector<setting_change_row> rows;
};

struct settings_changed {
    struct change {
        std::string service;
        setting_change what;
    };
    std::vector<change> changes;              // what is different now, as the first instance says
    std::vector<instance_outcome> instances;  // who has it in force
};

// invalid_field with every problem (field: "execution.active_slots"); conflict when no instance of
// a service can say whether it may.
awaitable<outcome<settings_changed>>
change_settings(observe::context ctx, admin_ports& p, settings_patch patch);

// Puts what is stored where instances find it: at start, and now and then, because Redis may
// forget.
awaitable<result<void>> show_settings(admin_ports& p);

}  // namespace sluice::submission
