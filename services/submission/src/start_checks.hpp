// What keeps the service from starting, and what does not: a server that is away is connected
// later, a setting or a database that can never work is said at once.
#pragma once

#include "adapters/postgres_outbox.hpp"

namespace sluice::submission {

// Fails where connecting again would not help; otherwise it writes who is away.
result<void> unless_away(const char* server, const result<void>& connected);

// A database without our tables is a mistake of the deployment, said in words.
awaitable<result<void>> check_schema(const postgres::pool& pool, postgres_outbox& outbox);

}  // namespace sluice::submission
