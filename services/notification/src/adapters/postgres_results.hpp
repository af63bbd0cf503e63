// The results table: one statement for a batch, the first result of a submission wins.
#pragma once

#include "../ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::notification {

class postgres_results final : public result_store {
public:
    explicit postgres_results(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<std::vector<stored_result>>> store(std::vector<domain::run_result> results
    ) override;
    awaitable<result<std::vector<domain::batch_view>>> finished_batches(std::vector<uuid> ids
    ) override;
    awaitable<result<void>> check() override;
    awaitable<result<std::vector<domain::submission_view>>>
    overdue(wall_time from, wall_time to, std::int64_t limit) override;

private:
    postgres::pool& pool_;
};

}  // namespace sluice::notification
