// The settings and the delivery log of webhooks in PostgreSQL.
#pragma once

#include "../webhook_ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

class postgres_webhooks final : public webhook_store {
public:
    explicit postgres_webhooks(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<std::optional<webhook_settings>>> settings(user_id owner) override;
    awaitable<result<bool>> set_target(user_id owner, domain::callback target, std::string secret)
        override;
    awaitable<result<void>> clear_target(user_id owner) override;
    awaitable<result<void>> set_secret(user_id owner, std::string secret, wall_time previous_until)
        override;
    awaitable<result<std::vector<webhook_delivery>>> list(delivery_filter which, std::size_t limit)
        override;
    awaitable<result<std::optional<webhook_delivery>>> read(user_id owner, uuid id) override;
    awaitable<result<replay_outcome>> replay(user_id owner, uuid id, wall_time at) override;

private:
    postgres::pool& pool_;
};

}  // namespace sluice::submission
