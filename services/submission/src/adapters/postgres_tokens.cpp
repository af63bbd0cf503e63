// A revocation is one statement: the row goes and its digest is put down for Redis in the same
// transaction, so that a token which is gone here cannot stay good there.
#include "postgres_tokens.hpp"

namespace sluice::submission {
namespace {

using postgres::param;

// The lock keeps whoever disables the user out until the token is there to be revoked.
constexpr const char* insert_token_sql = R"(
insert into access_tokens
    (id, kind, token_sha256, user_id, name, scopes, client_address, created_at, expires_at, last_used_at)
select $1::uuid, $2::text, $3::bytea, id, $5::text, $6::text, $7::text, $8::timestamptz,
       $9::timestamptz, case when $2::text = 'session' then $8::timestamptz end
from users where id = $4::text and disabled_at is null for share
on conflict do nothing
returning id)";

constexpr const char* find_sql = R"(
select t.id, t.kind, t.user_id, t.scopes, t.expires_at, u.role
from access_tokens t join users u on u.id = t.user_id
where t.token_sha256 = $1::bytea and u.disabled_at is null
  and (t.expires_at is null or t.expires_at > $2::timestamptz)
  and (t.kind = 'key' or t.last_used_at > $3::timestamptz))";

constexpr const char* list_token_sql = R"(
select id, name, scopes, client_address, created_at, expires_at, last_used_at from access_tokens
where user_id = $1::text and kind = $2::text
  and (expires_at is null or expires_at > $3::timestamptz)
  and (kind = 'key' or last_used_at > $4::timestamptz)
order by created_at desc, id desc)";

constexpr const char* revoke_sql = R"(
with gone as (
    delete from access_tokens
    where user_id = $1::text and kind = $2::text
      and ($3::uuid is null or id = $3::uuid)
      and ($4::uuid is null or id <> $4::uuid)
      and ($5::bigint is null or id not in (
          select id from access_tokens where user_id = $1::text and kind = $2::text
          order by created_at desc, id desc limit $5::bigint))
    returning token_sha256
)
insert into revoked_tokens (token_sha256, revoked_at)
select token_sha256, $6::timestamptz from gone
on conflict do nothing
returning token_sha256)";

constexpr const char* left_sql = R"(
select token_sha256 from revoked_tokens order by revoked_at limit $1::bigint)";

constexpr const char* forget_token_sql = R"(
delete from revoked_tokens where token_sha256 = any($1::bytea[]))";

constexpr const char* used_sql = R"(
update access_tokens t set last_used_at = greatest(t.last_used_at, to_timestamp(u.ms / 1000.0))
from unnest($1::uuid[], $2::bigint[]) as u (id, ms) where t.id = u.id)";

// Nobody can use these any more, and Redis forgets them by itself at the same time.
constexpr const char* expired_sql = R"(
delete from access_tokens
where expires_at <= $1::timestamptz or (kind = 'session' and last_used_at <= $2::timestamptz))";

const char* name_of(token_kind kind) {
    return kind == token_kind::session ? "session" : "key";
}

std::vector<std::string> digests_of(const postgres::rows& rows) {
    std::vector<std::string> out;
    out.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back(rows[i].bytea("token_sha256"));
    return out;
}

param digest_array(std::vector<std::string> sha256s) {
    std::vector<std::optional<std::string>> values;
    values.reserve(sha256s.size());
    for (std::string& one : sha256s)
        values.emplace_back(std::move(one));
    return postgres::bytea_array(values);
}

}  // namespace

awaitable<result<bool>> postgres_tokens::insert(new_token token) {
    std::vector<param> params;
    params.emplace_back(token.facts.id);
    params.emplace_back(name_of(token.facts.kind));
    params.emplace_back(postgres::bytes{std::move(token.sha256)});
    params.emplace_back(token.facts.owner);
    params.emplace_back(std::move(token.name));
    params.emplace_back(to_text(token.facts.scopes));
    params.emplace_back(std::move(token.client_address));
    params.emplace_back(token.created_at);
    params.emplace_back(token.facts.expires_at);
    const auto made = co_await pool_.query(insert_token_sql, std::move(params));
    if (!made) co_return made.error();
    co_return !made->empty();
}

awaitable<result<std::optional<token_facts>>>
postgres_tokens::find(std::string sha256, wall_time now, wall_time idle_since) {
    std::vector<param> params;
    params.emplace_back(postgres::bytes{std::move(sha256)});
    params.emplace_back(now);
    params.emplace_back(idle_since);
    const auto found = co_await pool_.query(find_sql, std::move(params));
    if (!found) co_return found.error();
    std::optional<token_facts> out;
    if (found->empty()) co_return out;
    const auto row = (*found)[0];
    out.emplace();
    out->id = row.uuid("id");
    out->kind = row.text("kind") == "session" ? token_kind::session : token_kind::key;
    out->owner = row.text("user_id");
    out->role = row.text("role") == "admin" ? role::admin : role::user;
    out->scopes = parse_scopes(row.text("scopes"));
    out->expires_at = row.optional_time("expires_at");
    co_return out;
}

awaitable<result<std::vector<listed_token>>>
postgres_tokens::list(user_id owner, token_kind kind, wall_time now, wall_time idle_since) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    params.emplace_back(name_of(kind));
    params.emplace_back(now);
    params.emplace_back(idle_since);
    const auto found = co_await pool_.query(list_token_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<listed_token> out;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto row = (*found)[i];
        listed_token one;
        one.id = row.uuid("id");
        one.name = row.text("name");
        one.scopes = parse_scopes(row.text("scopes"));
        one.client_address = row.text("client_address");
        one.created_at = row.time("created_at");
        one.expires_at = row.optional_time("expires_at");
        one.last_used_at = row.optional_time("last_used_at");
        out.push_back(std::move(one));
    }
    co_return out;
}

awaitable<result<std::vector<std::string>>>
postgres_tokens::revoke(token_choice which, wall_time at) {
    std::vector<param> params;
    params.emplace_back(std::move(which.owner));
    params.emplace_back(name_of(which.kind));
    params.emplace_back(which.only);
    params.emplace_back(which.but);
    params.emplace_back(which.but_newest);
    params.emplace_back(at);
    const auto gone = co_await pool_.query(revoke_sql, std::move(params));
    if (!gone) co_return gone.error();
    co_return digests_of(*gone);
}

awaitable<result<std::vector<std::string>>> postgres_tokens::revocations_left(std::size_t limit) {
    std::vector<param> params;
    params.emplace_back(static_cast<std::int64_t>(limit));
    const auto left = co_await pool_.query(left_sql, std::move(params));
    if (!left) co_return left.error();
    co_return digests_of(*left);
}

awaitable<result<void>> postgres_tokens::forget_revocations(std::vector<std::string> sha256s) {
    std::vector<param> params;
    params.push_back(digest_array(std::move(sha256s)));
    const auto done = co_await pool_.query(forget_token_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<void>> postgres_tokens::used(std::vector<token_use> uses) {
    std::vector<uuid> ids;
    std::vector<std::optional<std::int64_t>> times;
    for (const token_use& one : uses) {
        ids.push_back(one.id);
        times.emplace_back(unix_ms(one.at));
    }
    std::vector<param> params;
    params.push_back(postgres::uuid_array(ids));
    params.push_back(postgres::int_array(times));
    const auto done = co_await pool_.query(used_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<std::int64_t>>
postgres_tokens::remove_expired(wall_time now, wall_time idle_since) {
    std::vector<param> params;
    params.emplace_back(now);
    params.emplace_back(idle_since);
    const auto gone = co_await pool_.query(expired_sql, std::move(params));
    if (!gone) co_return gone.error();
    co_return gone->affected();
}

}  // namespace sluice::submission
