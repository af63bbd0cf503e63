// One attempt of a delivery on a thread of its own, with its times.
#pragma once

#include "../webhook_ports.hpp"

#include "sluice/runtime/blocking_pool.hpp"

#include <functional>

namespace sluice::notification {

// `once` blocks for as long as its own timeouts let it; what it refers to outlives the call. The
// answer gets the time when it began and how long it took.
awaitable<webhook_answer>
attempt_on(runtime::blocking_pool& pool, std::function<webhook_answer()> once);

}  // namespace sluice::notification
