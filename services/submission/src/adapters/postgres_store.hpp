// Submissions and idempotency keys in PostgreSQL. One round trip for each call.
#pragma once

#include "../ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

class postgres_store final : public submission_store {
public:
    explicit postgres_store(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<insert_outcome>> insert(new_submission row) override;
    awaitable<result<std::optional<insert_outcome>>>
    earlier(user_id owner, idempotency key, wall_time forget_keys_before) override;
    awaitable<result<std::optional<domain::submission_view>>> read(user_id owner, submission_id id)
        override;
    awaitable<result<std::vector<submission_summary>>>
    list(user_id owner, std::optional<submission_id> before, std::size_t limit) override;
    awaitable<result<bool>> request_cancel(user_id owner, submission_id id, wall_time at) override;

private:
    awaitable<result<insert_outcome>> insert_with_targets(new_submission row);

    postgres::pool& pool_;
};

}  // namespace sluice::submission
