// Requests per second, counted in Redis for all processes together by one atomic script. While
// Redis is away this process counts by itself, so that each then lets the whole rate through:
// nobody is locked out because a cache is down, and nobody is unbounded either.
#pragma once

#include "../quotas/ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::submission {

class redis_meter final : public request_meter {
public:
    redis_meter(redis::client& client, const clock& time) : client_(client), time_(time) {}
    awaitable<std::vector<bucket_level>> take(std::vector<account> accounts, std::int64_t cost)
        override;

private:
    redis::client& client_;
    const clock& time_;
    token_buckets own_;
};

}  // namespace sluice::submission
