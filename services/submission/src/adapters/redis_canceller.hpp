// Tells a submission's worker, now or later, that it is not wanted any more.
#pragma once

#include "../ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::submission {

class redis_canceller final : public control_sender {
public:
    redis_canceller(redis::client& client, std::chrono::milliseconds keep)
        : client_(client), keep_(keep) {}
    awaitable<result<void>> cancel(submission_id id) override;

private:
    redis::client& client_;
    std::chrono::milliseconds keep_;
};

}  // namespace sluice::submission
