// See postgres_admin.hpp. A change and its audit are one transaction: neither is there without the
// other.
#include "postgres_admin.hpp"

#include <limits>

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* overrides_sql = "select service, name, value from setting_overrides";
constexpr const char* set_sql = R"(
insert into setting_overrides (service, name, value, changed_by, changed_at)
values ($1::text, $2::text, $3::text, $4::text, $5::timestamptz)
on conflict (service, name) do update set
    value = excluded.value, changed_by = excluded.changed_by, changed_at = excluded.changed_at)";
constexpr const char* unset_sql =
    "delete from setting_overrides where service = $1::text and name = $2::text";
constexpr const char* note_sql = R"(
insert into admin_audit
    (at, actor, action, target, setting, old_value, new_value, outcome, correlation_id)
values ($1::timestamptz, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text,
        $9::uuid))";
constexpr const char* audit_sql = R"(
select id, at, actor, action, target, setting, old_value, new_value, outcome,
       correlation_id::text as correlation_id
from admin_audit where id < $1::bigint order by id desc limit $2::bigint)";

std::vector<param> params_of(const audit_entry& e) {
    std::vector<param> p;
    p.emplace_back(e.at);
    p.emplace_back(e.actor);
    p.emplace_back(e.action);
    p.emplace_back(e.target);
    p.emplace_back(e.setting);
    p.emplace_back(e.from);
    p.emplace_back(e.to);
    p.emplace_back(e.outcome);
    p.emplace_back(e.correlation_id);
    return p;
}

audit_entry entry_of(const postgres::row& row) {
    audit_entry e;
    e.id = row.integer("id");
    e.at = row.time("at");
    e.actor = row.text("actor");
    e.action = row.text("action");
    e.target = row.text("target");
    e.setting = row.optional_text("setting");
    e.from = row.optional_text("old_value");
    e.to = row.optional_text("new_value");
    e.outcome = row.text("outcome");
    const auto correlation = row.optional_text("correlation_id");
    if (correlation) {
        if (const auto id = uuid::parse(*correlation)) e.correlation_id.emplace(*id);
    }
    return e;
}

}  // namespace

awaitable<result<void>> note_audit(postgres::transaction& tx, const audit_entry& entry) {
    auto p = params_of(entry);
    const auto done = co_await tx.query(note_sql, std::move(p));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<all_overrides>> postgres_admin::overrides() {
    const auto found = co_await pool_.query(overrides_sql);
    if (!found) co_return found.error();
    all_overrides all;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto row = (*found)[i];
        all[row.text("service")][row.text("name")] = row.text("value");
    }
    co_return all;
}

awaitable<result<void>>
postgres_admin::change(std::vector<setting_change_row> rows, std::vector<audit_entry> audit) {
    if (audit.empty()) co_return fail(errc::invalid, "a change without its audit");
    auto tx = co_await pool_.begin();
    if (!tx) co_return tx.error();
    for (const auto& row : rows) {
        std::vector<param> p;
        p.emplace_back(row.service);
        p.emplace_back(row.name);
        if (row.value) {
            p.emplace_back(*row.value);
            p.emplace_back(audit.front().actor);
            p.emplace_back(audit.front().at);
        }
        const auto done = co_await tx->query(row.value ? set_sql : unset_sql, std::move(p));
        if (!done) co_return done.error();
    }
    for (const auto& entry : audit) {
        auto p = params_of(entry);
        const auto done = co_await tx->query(note_sql, std::move(p));
        if (!done) co_return done.error();
    }
    co_return co_await tx->commit();
}

awaitable<result<void>> postgres_admin::note(std::vector<audit_entry> audit) {
    for (const auto& entry : audit) {
        auto p = params_of(entry);
        const auto done = co_await pool_.query(note_sql, std::move(p));
        if (!done) co_return done.error();
    }
    co_return result<void>();
}

awaitable<result<std::vector<audit_entry>>>
postgres_admin::read_audit(std::optional<std::int64_t> before, std::int64_t limit) {
    std::vector<param> p;
    p.emplace_back(before.value_or(std::numeric_limits<std::int64_t>::max()));
    p.emplace_back(limit);
    const auto found = co_await pool_.query(audit_sql, std::move(p));
    if (!found) co_return found.error();
    std::vector<audit_entry> all;
    for (std::size_t i = 0; i < found->size(); ++i)
        all.push_back(entry_of((*found)[i]));
    co_return all;
}

}  // namespace sluice::submission
