// See postgres_accounts.hpp. Two registrations of one name at the same moment are told apart by the
// unique indexes, not by a look before.
#include "postgres_accounts.hpp"

#include "../accounts/names.hpp"
#include "postgres_admin.hpp"

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* insert_sql = R"(
insert into users (id, name, email, role, password_hash, created_at, password_changed_at)
values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::timestamptz, $6::timestamptz)
on conflict do nothing
returning number)";

// One statement for each, so that each uses its index.
constexpr const char* find_by_email_sql = R"(
select id, number, name, email, role, password_hash, created_at, disabled_at from users
where lower(email) = $1::text)";

constexpr const char* find_by_name_sql = R"(
select id, number, name, email, role, password_hash, created_at, disabled_at from users
where lower(name) = $1::text)";

constexpr const char* find_by_id_sql = R"(
select id, number, name, email, role, password_hash, created_at, disabled_at from users
where id = $1::text)";

constexpr const char* set_password_sql = R"(
update users set password_hash = $2::text, password_changed_at = $3::timestamptz
where id = $1::text)";

constexpr const char* has_admin_sql = R"(
select 1 from users where role = 'admin' and disabled_at is null limit 1)";

constexpr const char* set_disabled_sql = R"(
update users set disabled_at = $2::timestamptz where id = $1::text)";

// A statement of its own, after the row above is locked: a token that is being made meanwhile is
// either seen here or not made (see insert_token_sql).
constexpr const char* revoke_all_sql = R"(
insert into revoked_tokens (token_sha256, revoked_at)
select token_sha256, $2::timestamptz from access_tokens where user_id = $1::text
on conflict (token_sha256) do update set revoked_at = excluded.revoked_at
returning token_sha256)";

constexpr const char* unrevoke_all_sql = R"(
with mine as (select token_sha256 from access_tokens where user_id = $1::text),
    gone as (delete from revoked_tokens r using mine where r.token_sha256 = mine.token_sha256)
select token_sha256 from mine)";

param text_or_null(const std::string& text) {
    return text.empty() ? param(nullptr) : param(text);
}

stored_account account_of(const postgres::row& row) {
    stored_account out;
    out.who.id = row.text("id");
    out.who.number = row.integer("number");
    out.who.name = row.optional_text("name").value_or("");
    out.who.email = row.optional_text("email").value_or("");
    out.who.role = row.text("role") == "admin" ? role::admin : role::user;
    out.who.created_at = row.time("created_at");
    out.password_hash = row.text("password_hash");
    out.disabled_at = row.optional_time("disabled_at");
    return out;
}

}  // namespace

awaitable<result<std::optional<std::int64_t>>>
postgres_accounts::insert(account who, std::string password_hash) {
    std::vector<param> params;
    params.emplace_back(who.id);
    params.push_back(text_or_null(who.name));
    params.push_back(text_or_null(who.email));
    params.emplace_back(who.role == role::admin ? "admin" : "user");
    params.emplace_back(std::move(password_hash));
    params.emplace_back(who.created_at);
    const auto made = co_await pool_.query(insert_sql, std::move(params));
    if (!made) co_return made.error();
    std::optional<std::int64_t> number;
    if (!made->empty()) number = (*made)[0].integer("number");
    co_return number;
}

awaitable<result<std::optional<stored_account>>> postgres_accounts::find(std::string login) {
    const bool is_email = login.find('@') != std::string::npos;
    const char* sql = is_email ? find_by_email_sql : find_by_name_sql;
    co_return co_await read(sql, folded(login));
}

awaitable<result<std::optional<stored_account>>> postgres_accounts::find_by_id(user_id id) {
    co_return co_await read(find_by_id_sql, std::move(id));
}

awaitable<result<std::optional<stored_account>>>
postgres_accounts::read(std::string sql, std::string key) {
    std::vector<param> params;
    params.emplace_back(std::move(key));
    const auto found = co_await pool_.query(std::move(sql), std::move(params));
    if (!found) co_return found.error();
    std::optional<stored_account> out;
    if (!found->empty()) out = account_of((*found)[0]);
    co_return out;
}

awaitable<result<void>>
postgres_accounts::set_password(user_id id, std::string password_hash, wall_time at) {
    std::vector<param> params;
    params.emplace_back(std::move(id));
    params.emplace_back(std::move(password_hash));
    params.emplace_back(at);
    const auto done = co_await pool_.query(set_password_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<bool>> postgres_accounts::has_admin() {
    const auto found = co_await pool_.query(has_admin_sql);
    if (!found) co_return found.error();
    co_return !found->empty();
}

awaitable<result<std::vector<std::string>>>
postgres_accounts::set_disabled(user_id id, std::optional<wall_time> at, audit_entry audit) {
    auto tx = co_await pool_.begin();
    if (!tx) co_return tx.error();
    std::vector<param> whom;
    whom.emplace_back(id);
    whom.emplace_back(at);
    const auto set = co_await tx->query(set_disabled_sql, std::move(whom));
    if (!set) co_return set.error();
    std::vector<param> params;
    params.emplace_back(std::move(id));
    if (at) params.emplace_back(*at);
    const auto his = co_await tx->query(at ? revoke_all_sql : unrevoke_all_sql, std::move(params));
    if (!his) co_return his.error();
    std::vector<std::string> out;
    for (std::size_t i = 0; i < his->size(); ++i)
        out.push_back((*his)[i].bytea("token_sha256"));
    const auto noted = co_await note_audit(*tx, audit);
    if (!noted) co_return noted.error();
    const auto done = co_await tx->commit();
    if (!done) co_return done.error();
    co_return out;
}

}  // namespace sluice::submission
