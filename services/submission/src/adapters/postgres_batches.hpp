// Batches in PostgreSQL: the batch, its submissions and its idempotency key in one transaction.
#pragma once

#include "../ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

class postgres_batches final : public batch_store {
public:
    explicit postgres_batches(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<batch_insert_outcome>> insert(new_batch batch) override;
    awaitable<result<std::optional<stored_batch>>> read(user_id owner, sluice::correlation_id id)
        override;
    awaitable<result<std::optional<sluice::correlation_id>>> name_of(user_id owner, uuid id)
        override;
    awaitable<result<std::vector<batch_item>>>
    items(uuid id, std::optional<std::int64_t> after, std::size_t limit) override;

private:
    postgres::pool& pool_;
};

}  // namespace sluice::submission
