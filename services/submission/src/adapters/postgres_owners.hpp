// Whose a submission is, asked for administrators only.
#pragma once

#include "../accounts/ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

class postgres_owners final : public submission_owners {
public:
    explicit postgres_owners(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<std::optional<user_id>>> owner_of(submission_id id) override {
        std::vector<postgres::param> params;
        params.emplace_back(id);
        const auto found = co_await pool_.query(
            "select user_id from submissions where id = $1::uuid",
            std::move(params)
        );
        if (!found) co_return found.error();
        std::optional<user_id> owner;
        if (!found->empty()) owner = (*found)[0].text("user_id");
        co_return owner;
    }

private:
    postgres::pool& pool_;
};

}  // namespace sluice::submission
