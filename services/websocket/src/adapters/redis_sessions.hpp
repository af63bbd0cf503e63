// The map user → sessions → nodes in Redis, the tickets, and the tokens as submission wrote them. A
// session is a member
// "<node>/<session>" of its user's sorted set, scored with the time of its expiry.
#pragma once

#include "../config.hpp"
#include "../ports.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/redis/client.hpp"

#include <functional>

namespace sluice::websocket {

class redis_sessions final : public session_registry {
public:
    redis_sessions(
        redis::client& client,
        const clock& time,
        std::string node,
        std::chrono::milliseconds ttl
    )
        : client_(client), time_(time), node_(std::move(node)), ttl_(ttl) {}

    awaitable<result<registration>> add(caller who, std::string session) override;
    awaitable<void> remove(sluice::user_id user, std::string session) override;
    awaitable<result<std::vector<sluice::user_id>>> refresh(user_sessions all) override;
    awaitable<result<std::vector<token_standing>>> standings(std::vector<std::string> sha256s
    ) override;

private:
    void add_commands(
        std::vector<std::vector<std::string>>& out,
        const sluice::user_id& user,
        const std::vector<std::string>& sessions
    ) const;

    redis::client& client_;
    const clock& time_;
    std::string node_;
    std::chrono::milliseconds ttl_;
};

class redis_tickets final : public ticket_office {
public:
    redis_tickets(redis::client& client, const clock& time, std::function<bool()> is_open)
        : client_(client), time_(time), is_open_(std::move(is_open)) {}

    awaitable<result<std::optional<caller>>> redeem(std::string ticket) override;
    bool is_open() const override { return is_open_(); }
    awaitable<result<std::optional<caller>>> user_of(std::string token) override;

private:
    redis::client& client_;
    const clock& time_;
    std::function<bool()> is_open_;
};

}  // namespace sluice::websocket
