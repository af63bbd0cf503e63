// Attempts counted in Redis, for all processes together, by one atomic script; while Redis is away
// this process counts for itself.
#pragma once

#include "../accounts/attempt_counts.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::submission {

class redis_attempts final : public attempt_limiter {
public:
    redis_attempts(redis::client& client, const clock& time, attempt_rules rules)
        : client_(client), time_(time), rules_(rules), own_(rules) {}

    awaitable<attempt_verdict> attempt(std::string login, std::string address) override;
    awaitable<void> succeeded(std::string login, std::string address) override;

private:
    redis::client& client_;
    const clock& time_;
    attempt_rules rules_;
    attempt_counts own_;
};

}  // namespace sluice::submission
