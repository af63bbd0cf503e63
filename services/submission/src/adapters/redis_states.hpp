// Which unfinished submissions are running. Redis may not know: then they are shown as queued.
#pragma once

#include "../ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::submission {

class redis_states final : public state_reader {
public:
    explicit redis_states(redis::client& client) : client_(client) {}
    awaitable<std::vector<bool>> running(std::vector<submission_id> ids) override;

private:
    redis::client& client_;
};

}  // namespace sluice::submission
