// Results of earlier runs as answers to submissions that ask for the same again (`cache: true`).
// Theory of operation: the key is a digest of all that decides a result, the worker's version of
// the language included. Submission keeps it in the row; notification, which has the result, writes
// the copy to Redis under it. A hit travels as a result through the queue of results, so that rows,
// events, usage and webhooks of a cached submission come about as every other's; whatever fails on
// the way, the task is run instead.
#pragma once

#include "../ports.hpp"

#include "sluice/observe/context.hpp"

#include <optional>
#include <string>

namespace sluice::submission {

// 32 bytes; nullopt: not asked for, no cache, or nobody knows which version would run it. Of what
// is known of the workers then: ask for it anew before.
std::optional<std::string> cache_key(const ports& p, const domain::task& task);

// What stands under the key as a result of this task: its ids and times are the new submission's.
// nullopt: nothing that can be believed.
awaitable<std::optional<domain::run_result>>
find_cached(observe::context ctx, ports& p, domain::task task, std::string key);

// False: not handed over; the task is to be run.
awaitable<bool> publish_cached(observe::context ctx, ports& p, domain::run_result value);

}  // namespace sluice::submission
