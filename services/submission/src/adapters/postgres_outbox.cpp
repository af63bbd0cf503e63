// `for update skip locked`: a row that another replica is publishing is passed over, not waited
// for.
#include "postgres_outbox.hpp"

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* count_sql = R"(
select count(*) as pending
from (select 1 from submissions where published_at is null and not held limit $1::bigint) as waiting)";

constexpr const char* mark_sql = R"(
update submissions set published_at = $2::timestamptz, publish_count = publish_count + 1
where id = any($1::uuid[]))";

// The targets of callbacks go with the keys, but later: the sweeper of notification ends
// submissions that are up to a week old.
constexpr const char* forget_keys_sql = R"(
with told as (
    delete from webhook_targets where ctid = any(array(
        select ctid from webhook_targets where created_at < $1::timestamptz - interval '9 days'
        limit 1000))
), mailed as (
    delete from mail_targets where ctid = any(array(
        select ctid from mail_targets where created_at < $1::timestamptz - interval '9 days'
        limit 1000)))
delete from idempotency_keys where ctid = any(array(
    select ctid from idempotency_keys where created_at < $1::timestamptz limit 1000)))";

constexpr const char* claim_unpublished_sql = R"(
select id, correlation_id, user_id, language, task, created_at, deadline_at
from submissions
where published_at is null and not held and created_at < $1::timestamptz
order by created_at
limit $2::bigint
for update skip locked)";

constexpr const char* claim_overdue_sql = R"(
select id, correlation_id, user_id, language, task, created_at, deadline_at
from submissions s
where deadline_at > $1::timestamptz and published_at < $2::timestamptz
  and publish_count < $3::bigint
  and not exists (select from results r where r.submission_id = s.id)
order by created_at
limit $4::bigint
for update of s skip locked)";

std::vector<param> mark_params(const std::vector<submission_id>& ids, wall_time at) {
    std::vector<uuid> values;
    values.reserve(ids.size());
    for (const auto& id : ids)
        values.push_back(id.value());
    std::vector<param> params;
    params.push_back(postgres::uuid_array(values));
    params.emplace_back(at);
    return params;
}

std::vector<outgoing_task> tasks_of(const postgres::rows& found) {
    std::vector<outgoing_task> tasks;
    tasks.reserve(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto row = found[i];
        outgoing_task t;
        t.id = submission_id(row.uuid("id"));
        t.correlation_id = sluice::correlation_id(row.uuid("correlation_id"));
        t.owner = row.text("user_id");
        t.language = row.text("language");
        t.body = row.bytea("task");
        t.created_at = row.time("created_at");
        t.deadline_at = row.time("deadline_at");
        tasks.push_back(std::move(t));
    }
    return tasks;
}

}  // namespace

awaitable<result<std::int64_t>> postgres_outbox::count(std::int64_t at_most) {
    std::vector<param> params;
    params.emplace_back(at_most);
    const auto found = co_await pool_.query(count_sql, std::move(params));
    if (!found) co_return found.error();
    co_return (*found)[0].integer("pending");
}

awaitable<result<void>>
postgres_outbox::mark_published(std::vector<submission_id> ids, wall_time at) {
    const auto done = co_await pool_.query(mark_sql, mark_params(ids, at));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<std::int64_t>> postgres_outbox::forget_keys(wall_time created_before) {
    std::vector<param> params;
    params.emplace_back(created_before);
    const auto done = co_await pool_.query(forget_keys_sql, std::move(params));
    if (!done) co_return done.error();
    co_return done->affected();
}

awaitable<result<std::vector<outgoing_task>>> postgres_outbox::claim_unpublished(
    postgres::transaction& tx,
    wall_time settled,
    std::int64_t limit
) {
    std::vector<param> params;
    params.emplace_back(settled);
    params.emplace_back(limit);
    const auto found = co_await tx.query(claim_unpublished_sql, std::move(params));
    if (!found) co_return found.error();
    co_return tasks_of(*found);
}

awaitable<result<std::vector<outgoing_task>>>
postgres_outbox::claim_overdue(postgres::transaction& tx, requeue_rule rule, std::int64_t limit) {
    std::vector<param> params;
    params.emplace_back(rule.now);
    params.emplace_back(rule.published_before);
    params.emplace_back(rule.max_publishes);
    params.emplace_back(limit);
    const auto found = co_await tx.query(claim_overdue_sql, std::move(params));
    if (!found) co_return found.error();
    co_return tasks_of(*found);
}

awaitable<result<void>> postgres_outbox::mark_published(
    postgres::transaction& tx,
    std::vector<submission_id> ids,
    wall_time at
) {
    const auto done = co_await tx.query(mark_sql, mark_params(ids, at));
    if (!done) co_return done.error();
    co_return result<void>();
}

}  // namespace sluice::submission
