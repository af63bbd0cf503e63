// The queues of deliveries in PostgreSQL, of webhooks and of mail, in tables of one shape: any
// number of processes take from it, each delivery is held by one of them at a time, for as long as
// its lease.
#pragma once

#include "../webhook_ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::notification {

class postgres_webhooks final : public webhook_queue {
public:
    // `kind`: "webhook" or "mail", whose tables are meant.
    explicit postgres_webhooks(postgres::pool& pool, std::string kind = "webhook")
        : pool_(pool), kind_(std::move(kind)) {}

    awaitable<result<std::vector<webhook_delivery>>> claim(webhook_limits limits, webhook_load load)
        override;
    awaitable<result<std::optional<stored_result>>> read_result(submission_id id) override;
    awaitable<result<void>>
    settle(webhook_delivery delivery, webhook_answer answer, webhook_verdict verdict) override;
    awaitable<result<std::int64_t>> forget(std::chrono::milliseconds older_than) override;
    awaitable<result<std::int64_t>> due() override;

private:
    // A statement about the tables of webhooks as one about ours.
    std::string sql(std::string_view of_webhooks) const;

    postgres::pool& pool_;
    std::string kind_;
};

}  // namespace sluice::notification
