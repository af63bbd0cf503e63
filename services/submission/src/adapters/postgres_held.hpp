// The held part of the submissions table: accepted, and published when its user's turn comes. As
// with the outbox, a claimed row is locked until its transaction ends, so replicas share the work.
#pragma once

#include "redis_flight.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

struct held_task {
    outgoing_task task;
    bool is_unwanted = false;  // its owner cancelled it
};

class postgres_held {
public:
    explicit postgres_held(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<postgres::transaction>> begin() { return pool_.begin(); }
    struct share {
        user_id user;
        std::int64_t at_most = 0;
    };
    // Inside a transaction: of each user so many, those that were cancelled first, then the oldest.
    static awaitable<result<std::vector<held_task>>>
    claim(postgres::transaction& tx, std::vector<share> shares);
    // Inside it: the broker has them. Deadline and task are written too, because who waited long
    // gets a later one.
    static awaitable<result<void>>
    released(postgres::transaction& tx, std::vector<outgoing_task> tasks, wall_time at);

    awaitable<result<std::vector<user_id>>> users(std::int64_t at_most);
    awaitable<result<std::int64_t>> count(std::int64_t at_most);
    // Held ones that have a result all the same: whoever published them could not say so any more.
    awaitable<result<std::int64_t>> settle_finished(wall_time at);

    // Everything without a result, `after` the last of the page before, in the order of ids.
    awaitable<result<std::vector<unfinished_row>>>
    unfinished(wall_time now, std::optional<submission_id> after, std::int64_t limit);
    // Which of these have no result. Unknown ones have ended.
    awaitable<result<std::vector<submission_id>>> still_open(std::vector<submission_id> ids);

private:
    postgres::pool& pool_;
};

}  // namespace sluice::submission
