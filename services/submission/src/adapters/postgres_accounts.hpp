// Accounts in PostgreSQL. Whatever a client typed travels as a parameter, never as SQL.
#pragma once

#include "../accounts/ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

class postgres_accounts final : public account_store {
public:
    explicit postgres_accounts(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<std::optional<std::int64_t>>> insert(account who, std::string password_hash)
        override;
    awaitable<result<std::optional<stored_account>>> find(std::string login) override;
    awaitable<result<std::optional<stored_account>>> find_by_id(user_id id) override;
    awaitable<result<void>> set_password(user_id id, std::string password_hash, wall_time at)
        override;
    awaitable<result<bool>> has_admin() override;
    awaitable<result<std::vector<std::string>>>
    set_disabled(user_id id, std::optional<wall_time> at, audit_entry audit) override;

private:
    awaitable<result<std::optional<stored_account>>> read(std::string sql, std::string key);

    postgres::pool& pool_;
};

}  // namespace sluice::submission
