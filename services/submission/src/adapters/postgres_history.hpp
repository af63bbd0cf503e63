// What becomes of submissions after their end, in PostgreSQL: counted, deleted, kept for a while.
#pragma once

#include "../history_ports.hpp"

#include "sluice/postgres/pool.hpp"

#include <chrono>

namespace sluice::submission {

class postgres_history final : public history_store {
public:
    explicit postgres_history(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<std::vector<ended_submission>>> ended(user_id owner, submission_id id)
        override;
    awaitable<result<std::vector<ended_submission>>>
    ended_before(user_id owner, wall_time time, std::size_t limit) override;
    awaitable<result<std::vector<ended_submission>>> beyond(std::int64_t keep, std::size_t limit)
        override;
    awaitable<result<std::int64_t>> remove(user_id owner, std::vector<submission_id> ids) override;
    awaitable<result<std::vector<usage_day>>> usage(user_id owner, wall_time now) override;
    awaitable<result<std::vector<stored_program>>> newest(user_id owner, std::size_t limit)
        override;

    // Partitions for everything up to `until`, each for so many days; how many were missing.
    awaitable<result<std::int64_t>> add_partitions(wall_time until, std::int64_t days);
    // Drops those of which everything is older; how many.
    awaitable<result<std::int64_t>> drop_partitions(wall_time before);
    // Batches from before that have no submission left, and the memory of deletions that no late
    // result can meet any more.
    awaitable<result<std::int64_t>> remove_empty_batches(wall_time before);
    awaitable<result<std::int64_t>> forget_deletions(wall_time before);
    // Held while it exists. An error with errc::conflict: another process has it.
    awaitable<result<postgres::transaction>> lock_retention();

private:
    awaitable<result<std::int64_t>> number(const char* sql, std::vector<postgres::param> params);

    postgres::pool& pool_;
};

}  // namespace sluice::submission
