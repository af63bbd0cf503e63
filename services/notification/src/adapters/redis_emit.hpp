// Events into Redis by one script: state, the user's stream, and the nodes that hold his sessions,
// all or nothing and in one round trip for a whole batch.
#pragma once

#include "../config.hpp"
#include "../ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::notification {

class redis_emit final : public event_sink {
public:
    redis_emit(redis::client& client, events_config settings, const clock& time)
        : client_(client), settings_(settings), time_(time) {}
    void change(events_config settings) { settings_ = settings; }

    awaitable<std::vector<result<std::string>>> emit(std::vector<emission> events) override;

private:
    struct call {
        std::vector<std::string> keys;
        std::vector<std::string> arguments;
    };
    call call_of(emission e) const;

    redis::client& client_;
    events_config settings_;
    const clock& time_;
};

}  // namespace sluice::notification
