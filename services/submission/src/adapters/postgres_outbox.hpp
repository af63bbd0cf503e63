// The outbox side of the submissions table: rows that the broker may not have, and the marks that
// it has them. A claimed row is locked until its transaction ends, so replicas share the work.
#pragma once

#include "../ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

struct requeue_rule {
    wall_time now;
    wall_time published_before;
    std::int64_t max_publishes = 3;
};

class postgres_outbox {
public:
    explicit postgres_outbox(postgres::pool& pool) : pool_(pool) {}

    // Unconfirmed rows, counted up to `at_most`.
    awaitable<result<std::int64_t>> count(std::int64_t at_most);
    awaitable<result<void>> mark_published(std::vector<submission_id> ids, wall_time at);
    awaitable<result<std::int64_t>> forget_keys(wall_time created_before);

    awaitable<result<postgres::transaction>> begin() { return pool_.begin(); }
    // Inside a transaction: unconfirmed rows created before `settled`, oldest first.
    static awaitable<result<std::vector<outgoing_task>>>
    claim_unpublished(postgres::transaction& tx, wall_time settled, std::int64_t limit);
    // Inside a transaction: confirmed long ago, no result, still worth running.
    static awaitable<result<std::vector<outgoing_task>>>
    claim_overdue(postgres::transaction& tx, requeue_rule rule, std::int64_t limit);
    static awaitable<result<void>>
    mark_published(postgres::transaction& tx, std::vector<submission_id> ids, wall_time at);

private:
    postgres::pool& pool_;
};

}  // namespace sluice::submission
