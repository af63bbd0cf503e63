// Watching and steering submissions, in Redis.
#pragma once

#include "../config.hpp"
#include "../ports.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/redis/client.hpp"
#include "sluice/redis/subscriber.hpp"

namespace sluice::websocket {

class redis_live final : public live_store {
public:
    redis_live(
        redis::client& client,
        const clock& time,
        std::string node,
        std::chrono::milliseconds session_ttl,
        steering_config settings
    )
        : client_(client)
        , time_(time)
        , node_(std::move(node))
        , session_ttl_(session_ttl)
        , settings_(settings) {}
    void change(steering_config settings) { settings_ = settings; }

    awaitable<result<std::optional<submission_facts>>> facts(std::string id) override;
    awaitable<result<bool>> steer(std::string id, domain::control_message m) override;
    awaitable<result<std::vector<live_piece>>> read_output(
        std::string id,
        std::int64_t attempt,
        std::int64_t seq,
        std::int64_t count
    ) override;
    awaitable<result<void>> attach(watches all) override;
    awaitable<result<bool>> detach(std::string id, std::string session) override;

private:
    redis::client& client_;
    const clock& time_;
    std::string node_;
    std::chrono::milliseconds session_ttl_;
    steering_config settings_;
};

// The channels of output on the connection of the node's own channel, so that output and events
// come in the order in which they were published.
class redis_output_channels final : public output_channels {
public:
    explicit redis_output_channels(redis::subscriber& s) : subscriber_(s) {}
    awaitable<result<void>> subscribe(std::string id) override;
    void unsubscribe(std::string id) override;

private:
    redis::subscriber& subscriber_;
};

}  // namespace sluice::websocket
