// What an administrator allows one user beside the configuration: read, set whole, removed. Each
// change is in the audit, in the same transaction.
#pragma once

#include "../quotas/quota_desk.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

struct user_quotas {
    user_id user;
    quota_limits defaults;
    quota_overrides overrides;
    std::vector<quota_state> states;  // as they are in force
};

// storage_unavailable: it cannot be told now.
awaitable<outcome<user_quotas>>
read_quotas(observe::context ctx, quota_desk& desk, quota_subject who);

// `values` take the place of all earlier ones; none: as the configuration says.
awaitable<outcome<user_quotas>> change_quotas(
    observe::context ctx,
    quota_desk& desk,
    const clock& time,
    user_id administrator,
    user_id user,
    quota_overrides values
);

}  // namespace sluice::submission
