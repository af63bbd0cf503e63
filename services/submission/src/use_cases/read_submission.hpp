// Reads one submission of its owner, with `wait` as soon as it has ended. Another user's id is
// answered exactly as an unknown one.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

awaitable<outcome<domain::submission_view>> read_submission(
    observe::context ctx,
    ports& p,
    user_id owner,
    submission_id id,
    std::chrono::seconds wait
);

// The row as it is now, running told from Redis.
awaitable<outcome<domain::submission_view>>
read_now(observe::context ctx, ports& p, user_id owner, submission_id id);

// PostgreSQL did not answer: logged here, 503 for the client (a refused statement is a bug: 500).
rejection storage_away(const observe::context& ctx, const error& e);

}  // namespace sluice::submission
