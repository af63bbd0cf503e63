// Waits until a submission has ended, pushed and never polled: each wake-up of the watch is
// followed by one look at the row, because the row is the truth and the message only says when to
// look.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

// `current` is what is known now. When `until` passes, the newest state is the answer.
awaitable<outcome<domain::submission_view>> wait_for_result(
    observe::context ctx,
    ports& p,
    domain::submission_view current,
    std::unique_ptr<finish_watch> watch,
    deadline until
);

}  // namespace sluice::submission
