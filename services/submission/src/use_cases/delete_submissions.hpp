// Deletes what has ended: the row, the result, the output, the events and the cached copies. What
// has not ended is cancelled first (cancel_submission.hpp). What was used stays counted.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

// conflict: it has not ended. not_found: the owner has none of this id.
awaitable<outcome<void>>
delete_submission(observe::context ctx, ports& p, user_id owner, submission_id id);

struct deleted_count {
    std::int64_t deleted = 0;
    bool is_complete = true;  // false: there are more; ask again
};
// Those that are older than this, oldest first, a bounded number at a time.
awaitable<outcome<deleted_count>>
delete_before(observe::context ctx, ports& p, user_id owner, wall_time time);

// Of one owner. The copies go first: when Redis is away nothing is deleted, and nothing is left
// over. How many there were.
awaitable<result<std::int64_t>>
delete_ended(history_ports p, user_id owner, std::vector<ended_submission> all);

}  // namespace sluice::submission
