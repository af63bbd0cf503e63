// Exponential delays with jitter, so that many clients of a server that comes back do not come at
// once.
#include "sluice/runtime/backoff.hpp"

#include <algorithm>
#include <memory>
#include <random>

namespace sluice::runtime {

backoff::backoff(backoff_policy policy)
    : backoff(policy, [engine = std::mt19937_64(std::random_device()())]() mutable {
        return engine();
    }) {}

backoff::backoff(backoff_policy policy, std::function<std::uint64_t()> random)
    : policy_(policy), random_(std::move(random)) {}

std::chrono::milliseconds backoff::next() {
    auto delay = std::min(policy_.first, policy_.cap);
    for (int i = 0; i < tries_ && delay < policy_.cap; ++i)
        delay = std::min(delay * 2, policy_.cap);
    if (delay < policy_.cap) ++tries_;
    const std::int64_t half = delay.count() / 2;
    const auto span = static_cast<std::uint64_t>(delay.count() - half) + 1;
    return std::chrono::milliseconds(half + static_cast<std::int64_t>(random_() % span));
}

void backoff::reset() {
    tries_ = 0;
}

}  // namespace sluice::runtime
