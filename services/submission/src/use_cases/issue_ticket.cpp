// Without Redis there are no tickets: the WebSocket service could not look them up either.
#include "issue_ticket.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {

awaitable<outcome<issued_ticket>> issue_ticket(observe::context ctx, ports& p, ticket_maker maker) {
    constexpr int retry_after_seconds = 2;
    issued_ticket issued{p.ids.next_ticket(), p.time.now() + ticket_lifetime};
    const auto stored = co_await p.tickets.put(issued.ticket, std::move(maker), ticket_lifetime);
    if (!stored) {
        observe::warn(ctx, "ticket_not_stored", {{"error", stored.error()}});
        co_return reject(
            "storage_unavailable",
            "tickets cannot be issued just now",
            retry_after_seconds
        );
    }
    co_return issued;
}

}  // namespace sluice::submission
