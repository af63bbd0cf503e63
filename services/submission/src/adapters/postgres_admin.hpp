// The tables setting_overrides and admin_audit.
#pragma once

#include "../admin_ports.hpp"

#include "sluice/postgres/pool.hpp"

namespace sluice::submission {

class postgres_admin final : public admin_store {
public:
    explicit postgres_admin(postgres::pool& pool) : pool_(pool) {}
    awaitable<result<all_overrides>> overrides() override;
    awaitable<result<void>>
    change(std::vector<setting_change_row> rows, std::vector<audit_entry> audit) override;
    awaitable<result<void>> note(std::vector<audit_entry> audit) override;
    awaitable<result<std::vector<audit_entry>>>
    read_audit(std::optional<std::int64_t> before, std::int64_t limit) override;

private:
    postgres::pool& pool_;
};

// As a part of something else: neither is there without the other. `entry` outlives the call.
awaitable<result<void>> note_audit(postgres::transaction& tx, const audit_entry& entry);

}  // namespace sluice::submission
