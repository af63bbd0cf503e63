// See postgres_results.hpp. Rows of a batch go in by id, so that two batches that share submissions
// lock them in the same order and cannot deadlock.
#include "postgres_results.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/messages/codec.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace sluice::notification {
namespace {

constexpr const char* insert_sql = R"(
with given as (
    select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                         $7::bigint[], $8::bigint[], $9::text[], $10::integer[], $11::bytea[],
                         $13::uuid[], $14::boolean[], $15::uuid[])
        as g(submission_id, user_id, language, status, limit_hit, cpu_us, wall_us,
             memory_peak_bytes, worker_id, attempt, result, delivery_id, cached, mail_id)
    where not exists (select from deleted_submissions d where d.submission_id = g.submission_id)
), stored as (
    insert into results (submission_id, user_id, language, status, limit_hit, cpu_us, wall_us,
                         memory_peak_bytes, worker_id, attempt, result, persisted_at, cached)
    select submission_id, user_id, language, status, nullif(limit_hit, ''), cpu_us, wall_us,
           memory_peak_bytes, worker_id, attempt, result, $12::timestamptz, cached
    from given
    on conflict (submission_id) do nothing
    returning submission_id
), ended as (
    select g.*, coalesce(s.user_id, g.user_id) as owner, s.key_id, s.batch_id, s.correlation_id,
           s.cache_key, coalesce(s.version, '') as version, s.id is not null as is_known,
           coalesce(octet_length(s.task), 0) + octet_length(g.result) as bytes
    from stored
    join given g on g.submission_id = stored.submission_id
    left join submissions s on s.id = stored.submission_id
), spent as (
    insert into usage_days as u (
        user_id, key_id, day, bytes, submissions, cached, cpu_us, wall_us, accepted, wrong_answer,
        compile_error, runtime_error, time_limit, memory_limit, output_limit, process_limit,
        cancelled, internal_error)
    select owner, coalesce(key_id, '00000000-0000-0000-0000-000000000000'::uuid),
           ($12::timestamptz at time zone 'UTC')::date, sum(bytes)::bigint, count(*),
           count(*) filter (where cached),
           coalesce(sum(cpu_us) filter (where not cached), 0)::bigint,
           coalesce(sum(wall_us) filter (where not cached), 0)::bigint,
           count(*) filter (where status = 'accepted'), count(*) filter (where status = 'wrong_answer'),
           count(*) filter (where status = 'compile_error'), count(*) filter (where status = 'runtime_error'),
           count(*) filter (where status = 'time_limit'), count(*) filter (where status = 'memory_limit'),
           count(*) filter (where status = 'output_limit'), count(*) filter (where status = 'process_limit'),
           count(*) filter (where status = 'cancelled'), count(*) filter (where status = 'internal_error')
    from ended
    group by 1, 2, 3
    order by 1, 2, 3  -- two that share users wait for each other in one direction only
    on conflict (user_id, key_id, day) do update set
        bytes = u.bytes + excluded.bytes, submissions = u.submissions + excluded.submissions,
        cached = u.cached + excluded.cached, cpu_us = u.cpu_us + excluded.cpu_us,
        wall_us = u.wall_us + excluded.wall_us, accepted = u.accepted + excluded.accepted,
        wrong_answer = u.wrong_answer + excluded.wrong_answer, compile_error = u.compile_error + excluded.compile_error,
        runtime_error = u.runtime_error + excluded.runtime_error, time_limit = u.time_limit + excluded.time_limit,
        memory_limit = u.memory_limit + excluded.memory_limit, output_limit = u.output_limit + excluded.output_limit,
        process_limit = u.process_limit + excluded.process_limit, cancelled = u.cancelled + excluded.cancelled,
        internal_error = u.internal_error + excluded.internal_error
), told as (
    insert into webhook_deliveries (id, user_id, event, subject_id, correlation_id, url, host,
                                    headers, since, next_attempt_at, created_at)
    select e.delivery_id, e.owner, 'submission.finished', e.submission_id, e.correlation_id,
           coalesce(t.url, w.url), coalesce(t.host, w.host), coalesce(t.headers, w.headers),
           now(), now(), now()
    from ended e
    left join webhook_targets t on t.subject_id = e.submission_id
    left join webhook_settings w on w.user_id = e.owner and e.batch_id is null
    where e.is_known and coalesce(t.url, w.url) is not null
    on conflict do nothing
    returning subject_id
), mailed as (
    insert into mail_deliveries (id, user_id, event, subject_id, correlation_id, url, host,
                                 headers, since, next_attempt_at, created_at)
    select e.mail_id, e.owner, 'submission.finished', e.submission_id, e.correlation_id,
           'mailto:' || coalesce(t.address, m.address),
           split_part(coalesce(t.address, m.address), '@', 2), '{}', now(), now(), now()
    from ended e
    left join mail_targets t on t.subject_id = e.submission_id
    left join mail_settings m on m.user_id = e.owner and m.when_done and e.batch_id is null
    where $16::boolean and e.is_known and coalesce(t.address, m.address) is not null
    on conflict do nothing
    returning subject_id
)
select submission_id, version, batch_id, cache_key,
       (select count(*) from told) + (select count(*) from mailed) as deliveries
from ended)";

constexpr const char* read_sql = R"(
select r.submission_id, r.result, coalesce(s.version, '') as version, s.batch_id
from results r left join submissions s on s.id = r.submission_id
where r.submission_id = any($1::uuid[]))";

constexpr const char* overdue_sql = R"(
select s.id, s.user_id, s.correlation_id, s.language, s.version, s.created_at,
       s.limits::text as limits, s.cancel_requested_at is not null as is_unwanted
from submissions s
where s.deadline_at >= $1::timestamptz and s.deadline_at < $2::timestamptz
  and not s.held  -- it waits for its turn, and gets a later deadline with it
  and not exists (select from results r where r.submission_id = s.id)
order by s.deadline_at
limit $3::bigint)";

// The scan of a batch ends at its first unfinished submission. Its delivery is made by whoever sees
// its end first.
constexpr const char* finished_batches_sql = R"(
with done as (
    select b.* from batches b
    where b.id = any($1::uuid[])
      and not exists (
          select from submissions s
          where s.batch_id = b.id
            and not exists (select from results r where r.submission_id = s.id))
), told as (
    insert into webhook_deliveries (id, user_id, event, subject_id, correlation_id, url, host,
                                    headers, since, next_attempt_at, created_at)
    select k.delivery_id, d.user_id, 'batch.finished', d.id, d.correlation_id,
           coalesce(t.url, w.url), coalesce(t.host, w.host), coalesce(t.headers, w.headers),
           now(), now(), now()
    from done d
    join unnest($1::uuid[], $2::uuid[]) as k(id, delivery_id) on k.id = d.id
    left join webhook_targets t on t.subject_id = d.id
    left join webhook_settings w on w.user_id = d.user_id
    where coalesce(t.url, w.url) is not null
    on conflict do nothing
    returning subject_id
), mailed as (
    insert into mail_deliveries (id, user_id, event, subject_id, correlation_id, url, host,
                                 headers, since, next_attempt_at, created_at)
    select k.mail_id, d.user_id, 'batch.finished', d.id, d.correlation_id,
           'mailto:' || coalesce(t.address, m.address),
           split_part(coalesce(t.address, m.address), '@', 2), '{}', now(), now(), now()
    from done d
    join unnest($1::uuid[], $3::uuid[]) as k(id, mail_id) on k.id = d.id
    left join mail_targets t on t.subject_id = d.id
    left join mail_settings m on m.user_id = d.user_id and m.when_done
    where $4::boolean and coalesce(t.address, m.address) is not null
    on conflict do nothing
    returning subject_id
)
select (select count(*) from told) + (select count(*) from mailed) as deliveries,
       d.id, d.user_id, d.correlation_id, d.size, d.created_at, r.status,
       count(*) as submissions, max(r.persisted_at) as finished_at
from done d
join submissions s on s.batch_id = d.id
join results r on r.submission_id = s.id
group by d.id, d.user_id, d.correlation_id, d.size, d.created_at, r.status
order by d.id)";

std::optional<uuid> batch_of(const postgres::row& row) {
    if (row.is_null("batch_id")) return std::nullopt;
    return row.uuid("batch_id");
}

// One for each that may be made.
std::vector<uuid> delivery_ids(std::size_t count) {
    std::vector<uuid> ids;
    const auto now = unix_ms(system_clock().now());
    for (std::size_t i = 0; i < count; ++i)
        ids.push_back(uuid::time_v7(now));
    return ids;
}

struct columns {
    std::vector<uuid> ids;
    std::vector<std::optional<std::string>> user, language, status, limit_hit, worker, encoded;
    std::vector<std::optional<std::int64_t>> cpu, wall, memory, attempt;
    std::vector<std::optional<std::string>> cached;

    void add(const domain::run_result& r) {
        ids.push_back(r.id.value());
        user.emplace_back(r.user_id);
        language.emplace_back(r.language);
        status.emplace_back(std::string(to_string(r.status)));
        limit_hit.emplace_back(std::string(to_string(r.limit_hit)));
        worker.emplace_back(r.worker_id);
        encoded.emplace_back(messages::encode(r));
        cpu.emplace_back(r.cpu_us);
        wall.emplace_back(r.wall_us);
        memory.emplace_back(r.memory_peak_bytes);
        attempt.emplace_back(r.attempt);
        cached.emplace_back(r.original_run_at ? "true" : "false");
    }

    std::vector<postgres::param> params(wall_time persisted_at) const {
        using postgres::int_array;
        using postgres::text_array;
        std::vector<postgres::param> p;
        p.push_back(postgres::uuid_array(ids));
        for (const auto* texts : {&user, &language, &status, &limit_hit})
            p.push_back(text_array(*texts));
        for (const auto* numbers : {&cpu, &wall, &memory})
            p.push_back(int_array(*numbers));
        p.push_back(text_array(worker));
        p.push_back(int_array(attempt));
        p.push_back(postgres::bytea_array(encoded));
        p.emplace_back(persisted_at);
        return p;
    }
};

// "{1,2,3}" in the order of domain::limit_table; what is missing stays 0.
domain::limits limits_of(const std::string& array) {
    domain::limits out;
    const char* at = array.data() + 1;
    const char* end = array.data() + array.size();
    for (const domain::limit_row& row : domain::limit_table) {
        if (at >= end) break;
        const auto read = std::from_chars(at, end, out.*row.field);
        at = read.ptr + 1;
    }
    return out;
}

// A collision with another transaction passes by itself, like a server that is away.
error passing_or_not(const error& e) {
    const bool collided = e.code == make_error_code(postgres::postgres_errc::serialization_failure);
    return collided ? fail(errc::unavailable, e.detail) : e;
}

}  // namespace

void postgres_results::note_deliveries(const postgres::rows& rows) const {
    if (on_delivery_ && !rows.empty() && rows[0].integer("deliveries") > 0) on_delivery_();
}

awaitable<result<std::vector<stored_result>>> postgres_results::store(
    std::vector<domain::run_result> results
) {
    // The first of equal ids is the one that goes in.
    std::map<uuid, std::size_t> first;
    for (std::size_t i = 0; i < results.size(); ++i)
        first.try_emplace(results[i].id.value(), i);
    columns given;
    for (const auto& [id, index] : first)
        given.add(results[index]);
    SLUICE_ASSERT(!results.empty() && results.front().times.persisted_at);
    auto params = given.params(*results.front().times.persisted_at);
    params.push_back(postgres::uuid_array(delivery_ids(given.ids.size())));
    params.push_back(postgres::text_array(given.cached));
    params.push_back(postgres::uuid_array(delivery_ids(given.ids.size())));
    params.emplace_back(is_mail_on_);
    auto inserted = co_await pool_.query(insert_sql, std::move(params));
    if (!inserted) co_return passing_or_not(inserted.error());
    note_deliveries(*inserted);

    std::vector<stored_result> out(results.size());
    std::map<uuid, stored_result> known;
    for (std::size_t n = 0; n < inserted->size(); ++n) {
        const auto row = (*inserted)[n];
        const std::size_t index = first.at(row.uuid("submission_id"));
        out[index] = stored_result{results[index], row.text("version"), true, batch_of(row)};
        out[index].cache_key = row.bytea("cache_key");
        known[row.uuid("submission_id")] =
            stored_result{results[index], row.text("version"), false, batch_of(row)};
    }
    std::vector<uuid> earlier;
    for (const auto& [id, index] : first) {
        if (!out[index].is_new) earlier.push_back(id);
    }
    if (!earlier.empty()) {
        std::vector<postgres::param> ids;
        ids.push_back(postgres::uuid_array(earlier));
        auto rows = co_await pool_.query(read_sql, std::move(ids));
        if (!rows) co_return rows.error();
        for (std::size_t n = 0; n < rows->size(); ++n) {
            const auto row = (*rows)[n];
            auto value = messages::decode_result(row.bytea("result"));
            if (!value) co_return value.error();
            known[row.uuid("submission_id")] =
                stored_result{std::move(*value), row.text("version"), false, batch_of(row)};
        }
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (out[i].is_new) continue;
        const auto found = known.find(results[i].id.value());
        // Its owner has deleted it, before or between the two statements.
        if (found == known.end()) {
            out[i].value = results[i];
            out[i].is_deleted = true;
        } else {
            out[i] = found->second;
        }
    }
    co_return out;
}

awaitable<result<std::vector<domain::batch_view>>> postgres_results::finished_batches(
    std::vector<uuid> ids
) {
    std::vector<postgres::param> params;
    params.push_back(postgres::uuid_array(ids));
    params.push_back(postgres::uuid_array(delivery_ids(ids.size())));
    params.push_back(postgres::uuid_array(delivery_ids(ids.size())));
    params.emplace_back(is_mail_on_);
    auto rows = co_await pool_.query(finished_batches_sql, std::move(params));
    if (!rows) co_return rows.error();
    note_deliveries(*rows);
    std::vector<domain::batch_view> out;
    for (std::size_t n = 0; n < rows->size(); ++n) {
        const auto row = (*rows)[n];
        if (out.empty() || out.back().id != row.uuid("id")) {
            domain::batch_view& b = out.emplace_back();
            b.id = row.uuid("id");
            b.correlation_id = correlation_id(row.uuid("correlation_id"));
            b.user_id = row.text("user_id");
            b.size = row.integer("size");
            b.created_at = row.time("created_at");
        }
        domain::batch_view& b = out.back();
        const auto status = domain::parse_status(row.text("status"));
        b.counts[status.value_or(domain::status::internal_error)] += row.integer("submissions");
        const auto at = row.time("finished_at");
        if (!b.finished_at || *b.finished_at < at) b.finished_at = at;
    }
    co_return out;
}

awaitable<result<void>> postgres_results::check() {
    auto params = columns{}.params(wall_time{});
    params.push_back(postgres::uuid_array({}));
    params.push_back(postgres::text_array({}));
    params.push_back(postgres::uuid_array({}));
    params.emplace_back(is_mail_on_);
    auto tried = co_await pool_.query(insert_sql, std::move(params));
    if (!tried) co_return tried.error();
    co_return result<void>();
}

awaitable<result<std::vector<domain::submission_view>>>
postgres_results::overdue(wall_time from, wall_time to, std::int64_t limit) {
    std::vector<postgres::param> params;
    params.emplace_back(from);
    params.emplace_back(to);
    params.emplace_back(limit);
    auto rows = co_await pool_.query(overdue_sql, std::move(params));
    if (!rows) co_return rows.error();
    std::vector<domain::submission_view> out;
    for (std::size_t n = 0; n < rows->size(); ++n) {
        const auto row = (*rows)[n];
        domain::submission_view v;
        v.id = submission_id(row.uuid("id"));
        v.correlation_id = correlation_id(row.uuid("correlation_id"));
        v.user_id = row.text("user_id");
        v.language = row.text("language");
        v.version = row.text("version");
        v.created_at = row.time("created_at");
        v.limits = limits_of(row.text("limits"));
        v.is_cancel_requested = row.boolean("is_unwanted");
        out.push_back(std::move(v));
    }
    co_return out;
}

}  // namespace sluice::notification
