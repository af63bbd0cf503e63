// Delays between tries: exponential, capped, with full jitter. Pure: the random source is a
// parameter.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace sluice::runtime {

struct backoff_policy {
    std::chrono::milliseconds first{50};
    std::chrono::milliseconds cap{5000};
};

class backoff {
public:
    explicit backoff(backoff_policy policy);
    backoff(backoff_policy policy, std::function<std::uint64_t()> random);

    // Uniform in [d/2, d], d = min(cap, first · 2^n) for the n-th call since the last reset.
    std::chrono::milliseconds next();
    void reset();

private:
    backoff_policy policy_;
    std::function<std::uint64_t()> random_;
    int tries_ = 0;
};

}  // namespace sluice::runtime
