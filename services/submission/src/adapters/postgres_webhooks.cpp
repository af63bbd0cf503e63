// See postgres_webhooks.hpp. Of webhook_deliveries this service may write one column: the wish for
// a replay, which notification carries out.
#include "postgres_webhooks.hpp"

#include "webhook_targets.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* settings_sql = R"(
select coalesce(url, '') as url, headers::text as headers, updated_at,
       case when previous_until > now() then previous_until end as previous_until
from webhook_settings where user_id = $1::text)";

constexpr const char* set_target_sql = R"(
insert into webhook_settings as w (user_id, url, host, headers, secret, updated_at)
values ($1::text, $2::text, $3::text, $4::jsonb, $5::text, now())
on conflict (user_id) do update set
    url = excluded.url, host = excluded.host, headers = excluded.headers, updated_at = now()
returning secret = $5::text as is_new)";

constexpr const char* clear_target_sql = R"(
update webhook_settings set url = null, host = null, headers = '{}', updated_at = now()
where user_id = $1::text)";

constexpr const char* set_secret_sql = R"(
insert into webhook_settings as w (user_id, secret, updated_at)
values ($1::text, $2::text, now())
on conflict (user_id) do update set
    previous_secret = w.secret, previous_until = $3::timestamptz, secret = excluded.secret,
    updated_at = now())";

constexpr const char* list_delivery_sql = R"(
select id, event, subject_id, correlation_id, url, attempts, created_at, finished_at,
       case when replay_requested_at is null then status else 'pending' end as status,
       case when status = 'pending' and claim_id is null then next_attempt_at end as next_attempt_at
from webhook_deliveries
where user_id = $1::text and ($2::uuid is null or id < $2::uuid)
  and ($3::uuid is null or subject_id = $3::uuid)
  and ($4::uuid is null or correlation_id = $4::uuid)
  and ($5::text is null
       or case when replay_requested_at is null then status else 'pending' end = $5::text)
order by id desc
limit $6::bigint)";

constexpr const char* read_delivery_sql = R"(
select id, event, subject_id, correlation_id, url, attempts, created_at, finished_at,
       case when replay_requested_at is null then status else 'pending' end as status,
       case when status = 'pending' and claim_id is null then next_attempt_at end as next_attempt_at
from webhook_deliveries where id = $1::uuid and user_id = $2::text)";

constexpr const char* attempts_sql = R"(
select number, at, duration_ms, address, http_status, error, response
from webhook_attempts where delivery_id = $1::uuid order by number desc limit 100)";

constexpr const char* replay_sql = R"(
with found as (
    select id, status from webhook_deliveries where id = $1::uuid and user_id = $2::text
), asked as (
    update webhook_deliveries d set replay_requested_at = coalesce(replay_requested_at, $3::timestamptz)
    from found where d.id = found.id and d.status <> 'pending'
    returning d.id
)
select exists (select from found) as is_known, exists (select from asked) as is_asked)";

webhook_delivery delivery_of(const postgres::row& row) {
    webhook_delivery d;
    d.id = row.uuid("id");
    d.event = row.text("event");
    d.subject = row.uuid("subject_id");
    d.correlation_id = sluice::correlation_id(row.uuid("correlation_id"));
    d.url = row.text("url");
    d.status = row.text("status");
    d.attempts = row.integer("attempts");
    d.next_attempt_at = row.optional_time("next_attempt_at");
    d.created_at = row.time("created_at");
    d.finished_at = row.optional_time("finished_at");
    return d;
}

webhook_attempt attempt_of(const postgres::row& row) {
    webhook_attempt a;
    a.number = row.integer("number");
    a.at = row.time("at");
    a.duration_ms = row.integer("duration_ms");
    a.address = row.text("address");
    a.http_status = row.optional_integer("http_status");
    a.error = row.text("error");
    a.response = row.text("response");
    return a;
}

}  // namespace

awaitable<result<std::optional<webhook_settings>>> postgres_webhooks::settings(user_id owner) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    const auto found = co_await pool_.query(settings_sql, std::move(params));
    if (!found) co_return found.error();
    std::optional<webhook_settings> out;
    if (found->empty()) co_return out;
    const auto row = (*found)[0];
    out.emplace();
    out->url = row.text("url");
    const auto headers = nlohmann::json::parse(row.text("headers"), nullptr, false);
    for (const auto& [name, value] : headers.items())
        out->header_names.push_back(name);
    out->previous_until = row.optional_time("previous_until");
    out->updated_at = row.time("updated_at");
    co_return out;
}

awaitable<result<bool>>
postgres_webhooks::set_target(user_id owner, domain::callback target, std::string secret) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    params.emplace_back(target.url);
    params.emplace_back(target.host);
    params.emplace_back(headers_text(target));
    params.emplace_back(std::move(secret));
    const auto done = co_await pool_.query(set_target_sql, std::move(params));
    if (!done) co_return done.error();
    co_return (*done)[0].boolean("is_new");
}

awaitable<result<void>> postgres_webhooks::clear_target(user_id owner) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    const auto done = co_await pool_.query(clear_target_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<void>>
postgres_webhooks::set_secret(user_id owner, std::string secret, wall_time previous_until) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    params.emplace_back(std::move(secret));
    params.emplace_back(previous_until);
    const auto done = co_await pool_.query(set_secret_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<std::vector<webhook_delivery>>>
postgres_webhooks::list(delivery_filter which, std::size_t limit) {
    std::vector<param> params;
    params.emplace_back(std::move(which.owner));
    params.emplace_back(which.before);
    params.emplace_back(which.submission);
    params.emplace_back(which.correlation);
    params.emplace_back(which.status);
    params.emplace_back(static_cast<std::int64_t>(limit));
    const auto found = co_await pool_.query(list_delivery_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<webhook_delivery> out;
    for (std::size_t i = 0; i < found->size(); ++i)
        out.push_back(delivery_of((*found)[i]));
    co_return out;
}

awaitable<result<std::optional<webhook_delivery>>> postgres_webhooks::read(user_id owner, uuid id) {
    std::vector<param> params;
    params.emplace_back(id);
    params.emplace_back(std::move(owner));
    const auto found = co_await pool_.query(read_delivery_sql, std::move(params));
    if (!found) co_return found.error();
    std::optional<webhook_delivery> out;
    if (found->empty()) co_return out;
    out = delivery_of((*found)[0]);
    std::vector<param> of;
    of.emplace_back(id);
    const auto log = co_await pool_.query(attempts_sql, std::move(of));
    if (!log) co_return log.error();
    for (std::size_t i = 0; i < log->size(); ++i)
        out->log.push_back(attempt_of((*log)[i]));
    co_return out;
}

awaitable<result<replay_outcome>> postgres_webhooks::replay(user_id owner, uuid id, wall_time at) {
    std::vector<param> params;
    params.emplace_back(id);
    params.emplace_back(std::move(owner));
    params.emplace_back(at);
    const auto done = co_await pool_.query(replay_sql, std::move(params));
    if (!done) co_return done.error();
    const auto row = (*done)[0];
    if (!row.boolean("is_known")) co_return replay_outcome::unknown;
    co_return row.boolean("is_asked") ? replay_outcome::asked : replay_outcome::pending;
}

}  // namespace sluice::submission
