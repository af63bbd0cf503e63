// Sessions and API keys in PostgreSQL, by digest: the truth that Redis is a copy of.
#pragma once

#include "../accounts/ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

class postgres_tokens final : public token_store {
public:
    explicit postgres_tokens(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<bool>> insert(new_token token) override;
    awaitable<result<std::optional<token_facts>>>
    find(std::string sha256, wall_time now, wall_time idle_since) override;
    awaitable<result<std::vector<listed_token>>>
    list(user_id owner, token_kind kind, wall_time now, wall_time idle_since) override;
    awaitable<result<std::vector<std::string>>> revoke(token_choice which, wall_time at) override;
    awaitable<result<std::vector<std::string>>> revocations_left(std::size_t limit) override;
    awaitable<result<void>> forget_revocations(std::vector<std::string> sha256s) override;
    awaitable<result<void>> used(std::vector<token_use> uses) override;
    awaitable<result<std::int64_t>> remove_expired(wall_time now, wall_time idle_since) override;

private:
    postgres::pool& pool_;
};

}  // namespace sluice::submission
