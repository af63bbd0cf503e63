// The fields of a configuration as a list, and what of it may change while a service runs. Which
// fields those are is said where they are described (config_visitor::live), and nowhere else: the
// reference page, a reload and the administrators' API all read it from there.
#pragma once

#include "sluice/core/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct setting {
    std::string name;   // "outbox.max_pending"
    std::string shown;  // as JSON; a secret is "***"
    bool is_live = false;
    bool is_secret = false;
    std::string comment;
};
std::vector<setting> list_settings(const describe_fn& describe);

struct setting_change {
    std::string name, from, to;  // as shown: of a secret both are "***"
    bool is_live = false;
};
// In what two configurations of one service differ.
std::vector<setting_change> differences(const describe_fn& from, const describe_fn& to);

// Gives the live fields of `to` the values of `from`; the others keep theirs.
void copy_live(const describe_fn& from, const describe_fn& to);

// The variable that sets a field: SLUICE__OUTBOX__MAX_PENDING for "outbox.max_pending".
std::string environment_variable(std::string_view setting_name);

}  // namespace sluice
