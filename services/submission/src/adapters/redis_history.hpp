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

// A version is made of the id of the last event of the user and of a count that this service keeps:
// whatever notification tells moves it on, and so does what happened here a moment before that.
class redis_history_texts final : public history_texts {
public:
    explicit redis_history_texts(redis::client& client) : client_(client) {}
    awaitable<std::optional<kept_history>> find(user_id owner) override;
    awaitable<void> keep(user_id owner, std::string version, std::string text) override;
    awaitable<void> changed(user_id owner) override;

private:
    redis::client& client_;
};

}  // namespace sluice::submission
