// One SET with its expiry; the WebSocket service takes it with GETDEL, once.
#include "redis_tickets.hpp"

#include "../accounts/tokens.hpp"

#include "sluice/messages/tokens.hpp"
#include "sluice/messages/topology.hpp"

namespace sluice::submission {

awaitable<result<void>>
redis_tickets::put(std::string ticket, ticket_maker maker, std::chrono::seconds lives) {
    messages::ticket_entry entry;
    entry.owner = std::move(maker.owner);
    entry.token_sha256 = std::move(maker.token_sha256);
    std::vector<std::string> set;
    set.emplace_back("SET");
    set.push_back(messages::keys::ticket(ticket));
    set.push_back(messages::encode_ticket_entry(entry));
    set.emplace_back("EX");
    set.push_back(std::to_string(lives.count()));
    const auto done = co_await client_.command(std::move(set));
    if (!done) co_return done.error();
    co_return result<void>();
}

submission_id system_ids::next_submission(wall_time now) {
    return submission_id(uuid::time_v7(unix_ms(now)));
}

correlation_id system_ids::next_correlation() {
    return sluice::correlation_id(uuid::random_v4());
}

std::string system_ids::next_ticket() {
    return random_text();
}

}  // namespace sluice::submission
