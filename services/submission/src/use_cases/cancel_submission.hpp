// Asks for the end of a submission: one that is queued never starts, one that runs is killed. The
// end itself comes as every end does, by its result.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

// The submission as it is then; already_finished when it had ended otherwise. Asking again is
// harmless.
awaitable<outcome<domain::submission_view>> cancel_submission(
    observe::context ctx,
    ports& p,
    user_id owner,
    submission_id id,
    std::chrono::seconds wait
);

}  // namespace sluice::submission
