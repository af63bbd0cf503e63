// What the use cases ask before they accept: whether there is room, and how much of it may be
// published at once; and what uploads ask before they are stored.
#pragma once

#include "../rejection.hpp"
#include "limits.hpp"

#include "sluice/core/error.hpp"
#include "sluice/observe/context.hpp"
#include "sluice/runtime/asio_fwd.hpp"

namespace sluice::submission {

struct admission_item {
    submission_id id;
    std::int64_t bytes = 0;  // of its encoded task
};

class admission_control {
public:
    virtual ~admission_control() = default;
    // All or none. The first so many are published now; the others are held until earlier ones of
    // the same user have ended.
    virtual awaitable<outcome<std::size_t>>
    admit(observe::context ctx, quota_subject who, std::vector<admission_item> items) = 0;
    // They were not stored after all.
    virtual awaitable<void> withdraw(user_id user, std::vector<submission_id> ids) = 0;
    // Something of this user is held now.
    virtual void held(const user_id& user) = 0;
    // Something of this user was cancelled: if it is held, it need not wait for its turn to end.
    virtual void cancelled(const user_id& user) = 0;
};

class storage_quota {
public:
    virtual ~storage_quota() = default;
    // What is kept here of this user, and of his key when he comes with one: tasks, results and
    // uploads together. Only what has a limit.
    virtual awaitable<std::vector<quota_state>> stored(quota_subject who) = 0;
    // It is more now.
    virtual void stored_more(const user_id& user) = 0;
};

}  // namespace sluice::submission
