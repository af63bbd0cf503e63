// See postgres_webhooks.hpp. A claimed delivery stays pending, due again when its lease ends: a
// process that dies leaves nothing to clean up. All times are the server's, so that the processes'
// clocks need not agree.
#include "postgres_webhooks.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::notification {
namespace {

using postgres::param;

// A replay is one more round of tries of the same delivery.
constexpr const char* replay_sql = R"(
update webhook_deliveries set status = 'pending', tries = 0, since = now(), next_attempt_at = now(),
       claim_id = null, finished_at = null, replay_requested_at = null
where replay_requested_at is not null and status <> 'pending')";

// Hosts and users that have all they may are left out before the look is bounded, so that their
// waiting deliveries, however many, hide nobody else's.
constexpr const char* claim_sql = R"(
with busy_hosts as (
    select * from unnest($2::text[], $3::bigint[]) as b(host, used)
), busy_users as (
    select * from unnest($4::text[], $5::bigint[]) as b(user_id, used)
), waiting as (
    select d.id, d.host, d.user_id, d.next_attempt_at,
           coalesce(h.used, 0) as host_used, coalesce(u.used, 0) as user_used
    from webhook_deliveries d
    left join busy_hosts h on h.host = d.host
    left join busy_users u on u.user_id = d.user_id
    where d.status = 'pending' and d.next_attempt_at <= now()
      and coalesce(h.used, 0) < $6::bigint and coalesce(u.used, 0) < $7::bigint
    order by d.next_attempt_at
    limit 1000
), ranked as (
    select id, host_used + row_number() over (partition by host order by next_attempt_at, id) as nth_of_host,
           user_used + row_number() over (partition by user_id order by next_attempt_at, id) as nth_of_user
    from waiting
), chosen as (
    select d.id from webhook_deliveries d join ranked r on r.id = d.id
    where r.nth_of_host <= $6::bigint and r.nth_of_user <= $7::bigint
      and d.status = 'pending' and d.next_attempt_at <= now()
    order by d.next_attempt_at
    limit $1::bigint
    for update of d skip locked
), claimed as (
    update webhook_deliveries d set claim_id = $8::uuid, attempts = attempts + 1, tries = tries + 1,
           next_attempt_at = now() + $9::bigint * interval '1 millisecond'
    from chosen where d.id = chosen.id
    returning d.*
)
select c.id, c.event, c.subject_id, c.user_id, c.url, c.host, c.headers::text as headers, c.attempts,
       c.tries, c.since, s.secret,
       case when s.previous_until > now() then s.previous_secret end as previous_secret
from claimed c left join webhook_settings s on s.user_id = c.user_id)";

constexpr const char* result_sql = R"(
select r.result, r.persisted_at, coalesce(s.version, '') as version
from results r left join submissions s on s.id = r.submission_id
where r.submission_id = $1::uuid)";

constexpr const char* settle_sql = R"(
with settled as (
    update webhook_deliveries set status = $3::text, claim_id = null,
           next_attempt_at = now() + $4::bigint * interval '1 millisecond',
           finished_at = case when $3::text <> 'pending' then now() end
    where id = $1::uuid and claim_id = $2::uuid
    returning id
)
insert into webhook_attempts (delivery_id, number, at, duration_ms, address, http_status, error, response)
select id, $5::bigint, $6::timestamptz, $7::bigint, $8::text, $9::bigint, $10::text, $11::text from settled)";

constexpr const char* forget_sql = R"(
delete from webhook_deliveries where id = any(array(
    select id from webhook_deliveries
    where created_at < now() - $1::bigint * interval '1 millisecond' and status <> 'pending'
      and (finished_at is null or finished_at < now() - $1::bigint * interval '1 millisecond')
      and replay_requested_at is null
    order by created_at
    limit 5000)))";

constexpr const char* due_sql = R"(
select count(*) as n from (
    select from webhook_deliveries where status = 'pending' and next_attempt_at <= now() limit 10000
) as waiting)";

void add_counts(std::vector<param>& params, const std::map<std::string, std::int64_t>& counts) {
    std::vector<std::optional<std::string>> names;
    std::vector<std::optional<std::int64_t>> numbers;
    for (const auto& [name, number] : counts) {
        names.emplace_back(name);
        numbers.emplace_back(number);
    }
    params.push_back(postgres::text_array(names));
    params.push_back(postgres::int_array(numbers));
}

webhook_delivery delivery_of(const postgres::row& row, const uuid& claim) {
    webhook_delivery d;
    d.id = row.uuid("id");
    d.claim = claim;
    d.event = row.text("event") == "batch.finished" ? webhook_event::batch_finished
                                                    : webhook_event::submission_finished;
    d.subject = row.uuid("subject_id");
    d.user_id = row.text("user_id");
    d.url = row.text("url");
    d.host = row.text("host");
    const auto headers = nlohmann::json::parse(row.text("headers"), nullptr, false);
    for (const auto& [name, value] : headers.items()) {
        if (value.is_string()) d.headers.emplace_back(name, value.get<std::string>());
    }
    if (const auto secret = row.optional_text("secret")) d.secrets.push_back(*secret);
    if (const auto before = row.optional_text("previous_secret")) d.secrets.push_back(*before);
    d.attempt = row.integer("attempts");
    d.tries = row.integer("tries");
    d.since = row.time("since");
    return d;
}

// What a stranger's server said, as text that the database takes.
std::string storable(const std::string& bytes) {
    std::string out;
    for (const char c : bytes)
        out += c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7F) ? c : '?';
    return out;
}

const char* status_after(const webhook_verdict& v) {
    switch (v.what) {
        case webhook_verdict::kind::delivered:
            return "delivered";
        case webhook_verdict::kind::again:
            return "pending";
        case webhook_verdict::kind::failed:
            return "failed";
    }
    return "failed";
}

}  // namespace

std::string postgres_webhooks::sql(std::string_view of_webhooks) const {
    std::string out(of_webhooks);
    for (const std::string_view table : {"webhook_deliveries", "webhook_attempts"}) {
        const std::string ours = kind_ + std::string(table.substr(table.find('_')));
        for (std::size_t at = out.find(table); at != std::string::npos; at = out.find(table, at)) {
            out.replace(at, table.size(), ours);
            at += ours.size();
        }
    }
    return out;
}

awaitable<result<std::vector<webhook_delivery>>>
postgres_webhooks::claim(webhook_limits limits, webhook_load load) {
    const auto replayed = co_await pool_.query(sql(replay_sql));
    if (!replayed) co_return replayed.error();
    const uuid claim = uuid::random_v4();
    std::vector<param> params;
    params.emplace_back(limits.free_places);
    add_counts(params, load.hosts);
    add_counts(params, load.users);
    params.emplace_back(limits.per_host);
    params.emplace_back(limits.per_user);
    params.emplace_back(claim);
    params.emplace_back(limits.lease.count());
    const auto found = co_await pool_.query(sql(claim_sql), std::move(params));
    if (!found) co_return found.error();
    std::vector<webhook_delivery> out;
    for (std::size_t i = 0; i < found->size(); ++i)
        out.push_back(delivery_of((*found)[i], claim));
    co_return out;
}

awaitable<result<std::optional<stored_result>>> postgres_webhooks::read_result(submission_id id) {
    std::vector<param> params;
    params.emplace_back(id);
    const auto found = co_await pool_.query(result_sql, std::move(params));
    if (!found) co_return found.error();
    std::optional<stored_result> out;
    if (found->empty()) co_return out;
    const auto row = (*found)[0];
    auto value = messages::decode_result(row.bytea("result"));
    if (!value) co_return value.error();
    value->times.persisted_at = row.time("persisted_at");
    out.emplace();
    out->value = std::move(*value);
    out->version = row.text("version");
    co_return out;
}

awaitable<result<void>> postgres_webhooks::settle(
    webhook_delivery delivery,
    webhook_answer answer,
    webhook_verdict verdict
) {
    std::vector<param> params;
    params.emplace_back(delivery.id);
    params.emplace_back(delivery.claim);
    params.emplace_back(status_after(verdict));
    params.emplace_back(verdict.pause.count());
    params.emplace_back(delivery.attempt);
    params.emplace_back(answer.at);
    params.emplace_back(answer.took.count());
    params.emplace_back(answer.address);
    std::optional<std::int64_t> status;
    if (answer.http_status) status = *answer.http_status;
    params.emplace_back(status);
    params.emplace_back(storable(answer.error));
    params.emplace_back(storable(answer.response));
    const auto done = co_await pool_.query(sql(settle_sql), std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<std::int64_t>> postgres_webhooks::forget(std::chrono::milliseconds older_than) {
    std::vector<param> params;
    params.emplace_back(static_cast<std::int64_t>(older_than.count()));
    const auto gone = co_await pool_.query(sql(forget_sql), std::move(params));
    if (!gone) co_return gone.error();
    co_return gone->affected();
}

awaitable<result<std::int64_t>> postgres_webhooks::due() {
    const auto found = co_await pool_.query(sql(due_sql));
    if (!found) co_return found.error();
    co_return (*found)[0].integer("n");
}

}  // namespace sluice::notification
