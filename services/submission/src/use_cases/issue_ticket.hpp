// A ticket lets a browser open a WebSocket, where it cannot send an Authorization header: it lives
// one minute, works once, and only its digest is stored.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

inline constexpr std::chrono::seconds ticket_lifetime{60};

struct issued_ticket {
    std::string ticket;
    wall_time expires_at;
};

awaitable<outcome<issued_ticket>> issue_ticket(observe::context ctx, ports& p, ticket_maker maker);

}  // namespace sluice::submission
