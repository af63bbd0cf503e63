// Accepts many submissions with one correlation id: all of them, stored in one transaction and
// published, or none, with every item's problems. Knows nothing of HTTP.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

struct batch_command {
    user_id owner;
    sluice::correlation_id correlation_id;
    domain::batch_request request;
    std::optional<submission::idempotency> idempotency;
    std::optional<uuid> key_id = {};  // the API key that it came with
};

struct accepted_batch {
    sluice::correlation_id correlation_id;
    wall_time created_at;
    std::vector<submission_id> items;  // in the order of the request; empty when replayed
    bool is_replay = false;
};

awaitable<outcome<accepted_batch>>
accept_batch(observe::context ctx, ports& p, batch_command command);

}  // namespace sluice::submission
