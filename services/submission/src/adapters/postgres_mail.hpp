// Wishes for mail in PostgreSQL. The address stands beside the wish, because notification, which
// sends, reads no account.
#pragma once

#include "../mail_ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

class postgres_mail final : public mail_book {
public:
    postgres_mail(postgres::pool& pool, bool is_on) : pool_(pool), is_on_(is_on) {}

    bool is_on() const override { return is_on_; }
    awaitable<result<std::optional<std::string>>> address_of(user_id user) override;
    awaitable<result<mail_setting>> setting(user_id user) override;
    awaitable<result<void>> set(user_id user, bool when_done, std::string address, wall_time at)
        override;

private:
    postgres::pool& pool_;
    bool is_on_;
};

// Written in the transaction that accepts the thing. `subject`: a submission or a batch.
awaitable<result<void>> insert_mail_target(
    postgres::transaction& tx,
    uuid subject,
    user_id owner,
    std::string address,
    wall_time at
);

}  // namespace sluice::submission
