// Overrides of quotas, and what was used, in PostgreSQL: one statement for a user.
#pragma once

#include "../quotas/ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

class postgres_quotas final : public quota_store {
public:
    explicit postgres_quotas(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<quota_facts>> read(quota_subject who, std::string day) override;
    awaitable<result<void>>
    replace(user_id user, quota_overrides values, std::vector<audit_entry> audit) override;

private:
    postgres::pool& pool_;
};

// For whoever deletes submissions or results, in the same transaction: their bytes are kept no
// longer.
awaitable<result<void>>
note_deleted(postgres::transaction& tx, user_id user, std::optional<uuid> key, std::int64_t bytes);

}  // namespace sluice::submission
