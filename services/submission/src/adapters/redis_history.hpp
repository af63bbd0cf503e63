// What Redis holds of submissions beyond their end: the cached result that answers another one, and
// the copies that go when a submission is deleted.
#pragma once

#include "../history_ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::submission {

class redis_cached_results final : public cached_results {
public:
    explicit redis_cached_results(redis::client& client) : client_(client) {}
    awaitable<result<std::optional<std::string>>> find(std::string key) override;

private:
    redis::client& client_;
};

class redis_live_copies final : public live_copies {
public:
    explicit redis_live_copies(redis::client& client) : client_(client) {}
    awaitable<result<void>> forget(user_id owner, std::vector<ended_submission> submissions)
        override;

private:
    redis::client& client_;
};

}  // namespace sluice::submission
