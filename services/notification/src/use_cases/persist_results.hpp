// A batch of results on its way to their users: stored in one statement, then told. Theory of
// operation: nothing here gives up. While PostgreSQL or Redis is away the batch waits (the broker's
// prefetch bounds how much can wait), and only a drain gives it back. A result is `done` once it is
// stored and its event is emitted; both steps are idempotent, so a crash between them repeats them.
#pragma once

#include "../ports.hpp"

namespace sluice::notification {

enum class fate {
    done,       // stored and told: ack
    poison,     // the database refuses this very result: dead-letter it
    give_back,  // this process drains: the broker gives it to another
};

awaitable<std::vector<fate>> persist_results(ports& p, std::vector<domain::run_result> results);

}  // namespace sluice::notification
