// WebSocket tickets in Redis: the key is the ticket's digest, so whoever reads Redis holds no
// ticket.
#pragma once

#include "../ports.hpp"

#include "sluice/redis/client.hpp"

namespace sluice::submission {

class redis_tickets final : public ticket_store {
public:
    explicit redis_tickets(redis::client& client) : client_(client) {}
    awaitable<result<void>> put(std::string ticket, ticket_maker maker, std::chrono::seconds lives)
        override;

private:
    redis::client& client_;
};

// Production ids: UUIDv7 and UUIDv4, tickets of 256 random bits in base64url.
class system_ids final : public id_source {
public:
    submission_id next_submission(wall_time now) override;
    sluice::correlation_id next_correlation() override;
    std::string next_ticket() override;
};

}  // namespace sluice::submission
