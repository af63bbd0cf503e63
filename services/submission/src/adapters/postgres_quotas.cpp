// See postgres_quotas.hpp.
#include "postgres_quotas.hpp"

#include "postgres_admin.hpp"

namespace sluice::submission {
namespace {

using postgres::param;

// The rows of a user are a few for each day.
constexpr const char* quota_read_sql = R"(
select
    coalesce(sum(cpu_us) filter (where day = $3::date), 0)::bigint as cpu_us,
    coalesce(sum(bytes), 0)::bigint - coalesce(
        (select sum(bytes) from usage_deleted where user_id = $1::text), 0)::bigint as bytes,
    coalesce(sum(cpu_us) filter (where day = $3::date and key_id = $2::uuid), 0)::bigint as key_cpu_us,
    coalesce(sum(bytes) filter (where key_id = $2::uuid), 0)::bigint - coalesce(
        (select sum(bytes) from usage_deleted where user_id = $1::text and key_id = $2::uuid), 0
    )::bigint as key_bytes,
    (select string_agg(name || '=' || value, ',') from quota_overrides where user_id = $1::text)
        as overrides
from usage_days where user_id = $1::text)";

constexpr const char* quota_clear_sql = "delete from quota_overrides where user_id = $1::text";
constexpr const char* quota_set_sql = R"(
insert into quota_overrides (user_id, name, value, changed_by, changed_at)
values ($1::text, $2::text, $3::bigint, $4::text, $5::timestamptz)
on conflict (user_id, name) do update set
    value = excluded.value, changed_by = excluded.changed_by, changed_at = excluded.changed_at)";

constexpr const char* quota_deleted_sql = R"(
insert into usage_deleted (user_id, key_id, bytes)
values ($1::text, coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'::uuid), $3::bigint)
on conflict (user_id, key_id) do update set bytes = usage_deleted.bytes + excluded.bytes)";

// "submissions_in_flight=5,stored_bytes=1000"
quota_overrides parse_overrides(std::string_view text) {
    quota_overrides out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        const std::string_view one = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t equals = one.find('=');
        const auto what = parse_quota(one.substr(0, equals));
        if (!what || equals == std::string_view::npos) continue;
        const std::string number(one.substr(equals + 1));
        out[*what] = std::strtoll(number.c_str(), nullptr, 10);
    }
    return out;
}

}  // namespace

awaitable<result<quota_facts>> postgres_quotas::read(quota_subject who, std::string day) {
    std::vector<param> params;
    params.emplace_back(who.user);
    params.emplace_back(who.key);
    params.emplace_back(std::move(day));
    const auto found = co_await pool_.query(quota_read_sql, std::move(params));
    if (!found) co_return found.error();
    const auto row = (*found)[0];
    quota_facts out;
    out.overrides = parse_overrides(row.optional_text("overrides").value_or(""));
    out.user.cpu_us_today = row.integer("cpu_us");
    out.user.stored_bytes = std::max<std::int64_t>(0, row.integer("bytes"));
    out.key.cpu_us_today = row.integer("key_cpu_us");
    out.key.stored_bytes = std::max<std::int64_t>(0, row.integer("key_bytes"));
    co_return out;
}

awaitable<result<void>>
postgres_quotas::replace(user_id user, quota_overrides values, std::vector<audit_entry> audit) {
    if (audit.empty()) co_return fail(errc::invalid, "a change without its audit");
    auto tx = co_await pool_.begin();
    if (!tx) co_return tx.error();
    std::vector<param> whose;
    whose.emplace_back(user);
    const auto cleared = co_await tx->query(quota_clear_sql, std::move(whose));
    if (!cleared) co_return cleared.error();
    for (const auto& [what, value] : values) {
        std::vector<param> params;
        params.emplace_back(user);
        params.emplace_back(name_of(what));
        params.emplace_back(value);
        params.emplace_back(audit.front().actor);
        params.emplace_back(audit.front().at);
        const auto set = co_await tx->query(quota_set_sql, std::move(params));
        if (!set) co_return set.error();
    }
    for (const audit_entry& entry : audit) {
        const auto noted = co_await note_audit(*tx, entry);
        if (!noted) co_return noted.error();
    }
    co_return co_await tx->commit();
}

awaitable<result<void>>
note_deleted(postgres::transaction& tx, user_id user, std::optional<uuid> key, std::int64_t bytes) {
    std::vector<param> params;
    params.emplace_back(std::move(user));
    params.emplace_back(key);
    params.emplace_back(bytes);
    const auto done = co_await tx.query(quota_deleted_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

}  // namespace sluice::submission
