// Uploads and the list of blobs without one, in PostgreSQL.
#pragma once

#include "../quotas/ports.hpp"
#include "upload_ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

class postgres_uploads final : public upload_rows, public usage_source {
public:
    explicit postgres_uploads(postgres::pool& pool) : pool_(pool) {}

    awaitable<result<void>> announce(uuid blob, std::chrono::milliseconds sweep_in) override;
    awaitable<result<std::int64_t>> insert(upload made) override;
    awaitable<result<std::optional<upload>>> read(user_id owner, uuid id) override;
    awaitable<result<std::optional<upload>>> read_number(user_id owner, std::int64_t n) override;
    awaitable<result<std::vector<upload>>>
    list(user_id owner, std::optional<uuid> before, std::size_t limit) override;
    awaitable<result<std::optional<uuid>>> remove(user_id owner, uuid id) override;
    awaitable<result<std::vector<uuid>>>
    claim_orphans(std::size_t limit, std::chrono::milliseconds lease) override;
    awaitable<result<void>> forget(uuid blob) override;

    // Of all his uploads together, and of those that came with the key; from an index alone.
    awaitable<result<stored_sizes>> stored_bytes(quota_subject who) override;

private:
    postgres::pool& pool_;
};

}  // namespace sluice::submission
