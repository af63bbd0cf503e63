// Giving up root for good, once the sandbox launcher has been spawned: the process that speaks to
// the network keeps no right that a broken parser could lend to someone.
#pragma once

#include "sluice/core/error.hpp"

#include <string>

namespace sluice::execution {

struct privilege_report {
    bool was_root = false;
    std::string user;  // the name it runs under now
    unsigned uid = 0;
    unsigned gid = 0;
};

// Becomes `user` when root: supplementary groups, gid, uid, in this order, because each step needs
// rights that a later one takes away. Afterwards there is no way back, which is checked. Without
// root nothing changes. Must be called before the process has threads.
result<privilege_report> drop_privileges(const std::string& user);
privilege_report current_privileges();

}  // namespace sluice::execution
