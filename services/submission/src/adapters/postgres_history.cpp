// See postgres_history.hpp. Partitions are made and dropped by functions of migration 0010 that run
// as the tables' owner: this service may not change the schema by itself.
#include "postgres_history.hpp"

#include "history_queries.hpp"

#include "sluice/messages/codec.hpp"

namespace sluice::submission {
namespace {

using postgres::param;

// Of the retention of this database; the migrations hold another one.
constexpr const char* lock_sql = "select pg_try_advisory_xact_lock(7230549819) as is_ours";

constexpr const char* ended_sql = R"(
select s.id, s.user_id, s.cache_key
from submissions s join results r on r.submission_id = s.id
where s.user_id = $1::text and s.id = $2::uuid)";

constexpr const char* ended_before_sql = R"(
select s.id, s.user_id, s.cache_key
from submissions s join results r on r.submission_id = s.id
where s.user_id = $1::text and s.id < $2::uuid
order by s.id
limit $3::bigint)";

// Every user who ever had a result has a row in usage_days, and there are few of those for each.
constexpr const char* beyond_sql = R"(
with owners as (
    select distinct user_id from usage_days
), full_ones as (
    select o.user_id, n.id from owners o
    cross join lateral (
        select s.id from submissions s where s.user_id = o.user_id
        order by s.id desc offset $1::bigint limit 1) n
)
select s.id, s.user_id, s.cache_key
from full_ones f
cross join lateral (
    select s.id, s.user_id, s.cache_key
    from submissions s join results r on r.submission_id = s.id
    where s.user_id = f.user_id and s.id <= f.id
    order by s.id
    limit $2::bigint) s
limit $2::bigint)";

// Of those that are locked here nobody else counts any.
constexpr const char* free_sql = R"(
with chosen as (
    select s.id from submissions s
    where s.id = any($2::uuid[]) and s.user_id = $1::text
    order by s.id
    for update
)
select history_count_deleted('submissions', coalesce(array_agg(id), '{}')) from chosen)";

// The note comes with the deletion: a second result of it that is still on its way finds it.
constexpr const char* remove_sql = R"(
with chosen as (
    select s.id, s.batch_id from submissions s
    where s.id = any($2::uuid[]) and s.user_id = $1::text
    order by s.id
    for update
), noted as (
    insert into deleted_submissions (submission_id) select id from chosen on conflict do nothing
), without_results as (
    delete from results where submission_id in (select id from chosen)
), without_words as (
    delete from submission_words where submission_id in (select id from chosen)
), without_targets as (
    delete from webhook_targets where subject_id in (select id from chosen)
), without_mail as (
    delete from mail_targets where subject_id in (select id from chosen)
), without_keys as (
    delete from idempotency_keys
    where user_id = $1::text and submission_id in (select id from chosen)
), without_batches as (
    delete from batches b
    where b.id in (select batch_id from chosen)
      and not exists (
          select from submissions s
          where s.batch_id = b.id and s.id not in (select id from chosen))
), gone as (
    delete from submissions where id in (select id from chosen) returning id
)
select count(*) as n from gone)";

constexpr const char* usage_sql = R"(
with mine as (
    select * from usage_daily where user_id = $1::text
)
select to_char(day, 'YYYY-MM-DD') as day, submissions, cached, cpu_us, wall_us, stored_bytes,
       accepted, wrong_answer, compile_error, runtime_error, time_limit, memory_limit,
       output_limit, process_limit, cancelled, internal_error
from mine
where day > ($2::timestamptz at time zone 'UTC')::date - 30
union all
select '', coalesce(sum(submissions), 0)::bigint, coalesce(sum(cached), 0)::bigint,
       coalesce(sum(cpu_us), 0)::bigint, coalesce(sum(wall_us), 0)::bigint,
       coalesce(sum(stored_bytes), 0)::bigint, coalesce(sum(accepted), 0)::bigint,
       coalesce(sum(wrong_answer), 0)::bigint, coalesce(sum(compile_error), 0)::bigint,
       coalesce(sum(runtime_error), 0)::bigint, coalesce(sum(time_limit), 0)::bigint,
       coalesce(sum(memory_limit), 0)::bigint, coalesce(sum(output_limit), 0)::bigint,
       coalesce(sum(process_limit), 0)::bigint, coalesce(sum(cancelled), 0)::bigint,
       coalesce(sum(internal_error), 0)::bigint
from mine
order by day desc)";

// 16 MiB of them at most, and one at least.
constexpr const char* newest_sql = R"(
with newest as (
    select s.id, s.created_at, s.task, r.result,
           octet_length(s.task) + coalesce(octet_length(r.result), 0) as size
    from submissions s left join results r on r.submission_id = s.id
    where s.user_id = $1::text
    order by s.id desc
    limit $2::bigint
), sized as (
    select *, sum(size) over (order by id desc) - size as before from newest
)
select id, created_at, task, result from sized where before < 16777216 order by id desc)";

constexpr const char* add_partitions_sql = R"(
select history_add_partitions($1::timestamptz, $2::bigint * interval '1 day') as n)";

constexpr const char* drop_partitions_sql = "select history_drop_partitions($1::timestamptz) as n";

constexpr const char* empty_batches_sql = R"(
with gone as (
    delete from batches where id = any(array(
        select b.id from batches b
        where b.id < $1::uuid and not exists (select from submissions s where s.batch_id = b.id)
        order by b.id
        limit 1000))
    returning id
)
select count(*) as n from gone)";

// A result that was stored at the very moment of the deletion goes too.
constexpr const char* forget_deletions_sql = R"(
with late as (
    delete from results r using deleted_submissions d where r.submission_id = d.submission_id
), gone as (
    delete from deleted_submissions where submission_id = any(array(
        select submission_id from deleted_submissions where deleted_at < $1::timestamptz
        order by deleted_at
        limit 10000))
    returning submission_id
)
select count(*) as n from gone)";

std::vector<ended_submission> ended_of(const postgres::rows& found) {
    std::vector<ended_submission> out;
    out.reserve(found.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto row = found[i];
        ended_submission e;
        e.id = submission_id(row.uuid("id"));
        e.owner = row.text("user_id");
        e.cache_key = row.bytea("cache_key");
        out.push_back(std::move(e));
    }
    return out;
}

usage_day usage_of(const postgres::row& row) {
    usage_day d;
    d.day = row.text("day");
    d.submissions = row.integer("submissions");
    d.cached = row.integer("cached");
    d.cpu_us = row.integer("cpu_us");
    d.wall_us = row.integer("wall_us");
    d.stored_bytes = row.integer("stored_bytes");
    for (const auto status : domain::all_statuses) {
        if (!domain::is_terminal(status)) continue;
        const auto count = row.integer(domain::to_string(status));
        if (count > 0) d.counts[status] = count;
    }
    return d;
}

}  // namespace

awaitable<result<std::vector<ended_submission>>>
postgres_history::ended(user_id owner, submission_id id) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    params.emplace_back(id);
    const auto found = co_await pool_.query(ended_sql, std::move(params));
    if (!found) co_return found.error();
    co_return ended_of(*found);
}

awaitable<result<std::vector<ended_submission>>>
postgres_history::ended_before(user_id owner, wall_time time, std::size_t limit) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    params.emplace_back(first_id_of(time));
    params.emplace_back(static_cast<std::int64_t>(limit));
    const auto found = co_await pool_.query(ended_before_sql, std::move(params));
    if (!found) co_return found.error();
    co_return ended_of(*found);
}

awaitable<result<std::vector<ended_submission>>>
postgres_history::beyond(std::int64_t keep, std::size_t limit) {
    std::vector<param> params;
    params.emplace_back(keep);
    params.emplace_back(static_cast<std::int64_t>(limit));
    const auto found = co_await pool_.query(beyond_sql, std::move(params));
    if (!found) co_return found.error();
    co_return ended_of(*found);
}

awaitable<result<std::int64_t>>
postgres_history::remove(user_id owner, std::vector<submission_id> ids) {
    std::vector<uuid> values;
    values.reserve(ids.size());
    for (const auto& id : ids)
        values.push_back(id.value());
    auto tx = co_await pool_.begin();
    if (!tx) co_return tx.error();
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    params.push_back(postgres::uuid_array(values));
    const auto counted = co_await tx->query(free_sql, params);
    if (!counted) co_return counted.error();
    const auto gone = co_await tx->query(remove_sql, std::move(params));
    if (!gone) co_return gone.error();
    const auto done = co_await tx->commit();
    if (!done) co_return done.error();
    co_return (*gone)[0].integer("n");
}

awaitable<result<std::vector<usage_day>>> postgres_history::usage(user_id owner, wall_time now) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    params.emplace_back(now);
    const auto found = co_await pool_.query(usage_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<usage_day> out;
    for (std::size_t i = 0; i < found->size(); ++i)
        out.push_back(usage_of((*found)[i]));
    co_return out;
}

awaitable<result<std::vector<stored_program>>>
postgres_history::newest(user_id owner, std::size_t limit) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    params.emplace_back(static_cast<std::int64_t>(limit));
    const auto found = co_await pool_.query(newest_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<stored_program> out;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto row = (*found)[i];
        stored_program s;
        s.id = submission_id(row.uuid("id"));
        s.created_at = row.time("created_at");
        auto task = messages::decode_task(row.bytea("task"));
        if (task) s.source = std::move(task->files.front().content);
        if (!row.is_null("result")) {
            auto ended = messages::decode_result(row.bytea("result"));
            if (!ended) co_return fail(errc::internal, "a stored result does not decode");
            s.status = ended->status;
            s.result = std::move(*ended);
        }
        out.push_back(std::move(s));
    }
    co_return out;
}

awaitable<result<std::int64_t>>
postgres_history::add_partitions(wall_time until, std::int64_t days) {
    std::vector<param> params;
    params.emplace_back(until);
    params.emplace_back(days);
    co_return co_await number(add_partitions_sql, std::move(params));
}

awaitable<result<std::int64_t>> postgres_history::drop_partitions(wall_time before) {
    std::vector<param> params;
    params.emplace_back(before);
    co_return co_await number(drop_partitions_sql, std::move(params));
}

awaitable<result<std::int64_t>> postgres_history::remove_empty_batches(wall_time before) {
    std::vector<param> params;
    params.emplace_back(first_id_of(before));
    co_return co_await number(empty_batches_sql, std::move(params));
}

awaitable<result<std::int64_t>> postgres_history::forget_deletions(wall_time before) {
    std::vector<param> params;
    params.emplace_back(before);
    co_return co_await number(forget_deletions_sql, std::move(params));
}

awaitable<result<postgres::transaction>> postgres_history::lock_retention() {
    auto tx = co_await pool_.begin();
    if (!tx) co_return tx.error();
    const auto held = co_await tx->query(lock_sql);
    if (!held) co_return held.error();
    if (!(*held)[0].boolean("is_ours")) {
        co_return fail(errc::conflict, "another process looks after the history");
    }
    co_return std::move(*tx);
}

awaitable<result<std::int64_t>>
postgres_history::number(const char* sql, std::vector<param> params) {
    const auto found = co_await pool_.query(sql, std::move(params));
    if (!found) co_return found.error();
    co_return (*found)[0].integer("n");
}

}  // namespace sluice::submission
