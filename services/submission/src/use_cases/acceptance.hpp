// Steps that accepting one submission and accepting many have in common.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

// One problem for each program of the task whose language no live worker has. None when no worker
// is known: a machine that has it may be started at any time, but nobody should wait for one that
// nobody plans.
awaitable<std::vector<domain::input_problem>> missing_languages(ports& p, const domain::task& task);
rejection language_unavailable(std::vector<domain::input_problem> problems);

rejection outbox_is_full();
rejection service_is_paused();

// Puts the problems of a callback, if there is one, behind those that were found.
void add_callback_problems(
    std::vector<domain::input_problem>& problems,
    std::optional<domain::callback>& callback,
    const domain::callback_policy& policy
);

// The ids and times of a validated task.
void complete(
    domain::task& task,
    ports& p,
    const user_id& owner,
    const sluice::correlation_id& correlation
);

// What a refusal is to who sent this Idempotency-Key before: nothing, he gets his earlier answer.
awaitable<result<std::optional<insert_outcome>>>
made_earlier(ports& p, user_id owner, std::optional<idempotency> key);

outgoing_task outgoing(const domain::task& t, std::string body, std::string traceparent);

// Told "queued" now, published when its turn comes.
void announce_held(ports& p, const user_id& owner, const std::vector<outgoing_task>& tasks);

// A failed publish is no failure of the request: the row is in the outbox.
awaitable<void> publish_or_leave(observe::context ctx, ports& p, outgoing_task task);
// The same for many, side by side. Goes on when the caller is cancelled meanwhile.
awaitable<void> publish_or_leave(observe::context ctx, ports& p, std::vector<outgoing_task> tasks);

}  // namespace sluice::submission
