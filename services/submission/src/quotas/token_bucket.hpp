// Requests per second as token buckets: a full bucket holds one second's worth, so a short burst
// passes and nothing more than the rate goes on. The arithmetic of the script in
// adapters/redis_meter.cpp once more, for while Redis is away.
#pragma once

#include "sluice/core/clock.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace sluice::submission {

struct bucket_level {
    bool is_allowed = true;
    std::int64_t left = 0;                    // whole tokens
    std::chrono::milliseconds until_next{0};  // until one more may pass
    std::chrono::milliseconds until_full{0};
};

class token_bucket {
public:
    bucket_level take(std::int64_t rate, std::int64_t cost, steady_time now) {
        const double capacity = static_cast<double>(rate);
        if (!is_begun_) tokens_ = capacity;
        const std::chrono::duration<double> passed = now - at_;
        if (is_begun_) tokens_ = std::min(capacity, tokens_ + passed.count() * capacity);
        at_ = now;
        is_begun_ = true;
        bucket_level out;
        out.is_allowed = tokens_ >= static_cast<double>(cost);
        if (out.is_allowed) tokens_ -= static_cast<double>(cost);
        out.left = static_cast<std::int64_t>(tokens_);
        const auto time_for = [capacity](double tokens) {
            const double ms = std::max(0.0, tokens) / capacity * 1000.0;
            return std::chrono::milliseconds(static_cast<std::int64_t>(ms + 0.999));
        };
        out.until_next = time_for(1.0 - tokens_);
        out.until_full = time_for(capacity - tokens_);
        return out;
    }

private:
    bool is_begun_ = false;
    double tokens_ = 0;
    steady_time at_{};
};

// Bounded; when it is full it starts anew, which gives everybody a full bucket.
class token_buckets {
public:
    bucket_level
    take(const std::string& whose, std::int64_t rate, std::int64_t cost, steady_time now) {
        constexpr std::size_t most = 10'000;
        if (buckets_.size() >= most && !buckets_.contains(whose)) buckets_.clear();
        return buckets_[whose].take(rate, cost, now);
    }

private:
    std::unordered_map<std::string, token_bucket> buckets_;
};

}  // namespace sluice::submission
