// See postgres_accounts.hpp. Two registrations of one name at the same moment are told apart by the
// unique indexes, not by a look before.
#include "postgres_accounts.hpp"

#include "../accounts/names.hpp"

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* insert_sql = R"(
insert into users (id, name, email, role, password_hash, created_at, password_changed_at)
values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::timestamptz, $6::timestamptz)
on conflict do nothing
returning number)";

constexpr const char* find_sql = R"(
select id, number, name, email, role, password_hash, created_at, disabled_at from users
where case when position('@' in $1::text) > 0 then lower(email) = $1::text
           else lower(name) = $1::text end)";

constexpr const char* find_by_id_sql = R"(
select id, number, name, email, role, password_hash, created_at, disabled_at from users
where id = $1::text)";

constexpr const char* set_password_sql = R"(
update users set password_hash = $2::text, password_changed_at = $3::timestamptz
where id = $1::text)";

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
    out.is_disabled = !row.is_null("disabled_at");
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
    co_return co_await read(find_sql, folded(login));
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

}  // namespace sluice::submission
