// Accepts one submission: validate, store, publish, and with `wait` hear of its end. Once the row
// is stored the submission cannot be lost: it is published now, or by the outbox sweeper later.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

#include <variant>

namespace sluice::submission {

struct submit_command {
    user_id owner;
    sluice::correlation_id correlation_id;
    std::variant<domain::submit_request, domain::comparison_request> request;
    std::optional<submission::idempotency> idempotency;
    std::chrono::seconds wait{0};
    std::optional<uuid> key_id = {};  // the API key that it came with
    std::optional<upload_job> job = {};
};

struct accepted_submission {
    domain::submission_view view;
    bool is_replay = false;
    std::int64_t job_id = 0;  // when the command had a job
};

awaitable<outcome<accepted_submission>>
accept_submission(observe::context ctx, ports& p, submit_command command);

}  // namespace sluice::submission
