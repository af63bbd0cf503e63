// The results table: one statement for a batch, the first result of a submission wins.
#pragma once

#include "../ports.hpp"

#include "sluice/postgres/pool.hpp"

#include <functional>

namespace sluice::notification {

class postgres_results final : public result_store {
public:
    // `on_delivery` hears that webhooks or mails were made with what was stored; mails only when
    // they can be sent.
    explicit postgres_results(
        postgres::pool& pool,
        std::function<void()> on_delivery = {},
        bool is_mail_on = false
    )
        : pool_(pool), on_delivery_(std::move(on_delivery)), is_mail_on_(is_mail_on) {}

    awaitable<result<std::vector<stored_result>>> store(std::vector<domain::run_result> results
    ) override;
    awaitable<result<std::vector<domain::batch_view>>> finished_batches(std::vector<uuid> ids
    ) override;
    awaitable<result<void>> check() override;
    awaitable<result<std::vector<domain::submission_view>>>
    overdue(wall_time from, wall_time to, std::int64_t limit) override;

private:
    void note_deliveries(const postgres::rows& rows) const;

    postgres::pool& pool_;
    std::function<void()> on_delivery_;
    bool is_mail_on_;
};

}  // namespace sluice::notification
