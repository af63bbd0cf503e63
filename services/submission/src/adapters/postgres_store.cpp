// The insert with an Idempotency-Key decides everything in one statement. Its primary key
// serialises two requests with the same key: the second waits for the first to commit and then sees
// its row
// (`do update` returns the stored row, `do nothing` would return none). A key past its time is
// taken over in place.
#include "postgres_store.hpp"

#include "../compat/system_a_store.hpp"
#include "history_queries.hpp"
#include "postgres_mail.hpp"
#include "submission_rows.hpp"
#include "webhook_targets.hpp"

#include "sluice/messages/codec.hpp"

#include <charconv>

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* insert_sql = R"(
insert into submissions
    (id, user_id, correlation_id, language, version, limits, task, created_at, deadline_at,
     cache_key, held, key_id)
values ($1::uuid, $2::text, $3::uuid, $4::text, $5::text, $6::bigint[], $7::bytea,
        $8::timestamptz, $9::timestamptz, $10::bytea, $11::boolean, $12::uuid))";

constexpr const char* insert_with_key_sql = R"(
with held as (
    insert into idempotency_keys as k (user_id, key, request_sha256, submission_id, created_at)
    values ($2::text, $13::text, $14::bytea, $1::uuid, $8::timestamptz)
    on conflict (user_id, key) do update set
        request_sha256 = case when k.created_at < $15::timestamptz
                              then excluded.request_sha256 else k.request_sha256 end,
        submission_id  = case when k.created_at < $15::timestamptz
                              then excluded.submission_id else k.submission_id end,
        created_at     = case when k.created_at < $15::timestamptz
                              then excluded.created_at else k.created_at end
    returning submission_id, request_sha256
), made as (
    insert into submissions
        (id, user_id, correlation_id, language, version, limits, task, created_at, deadline_at,
         cache_key, held, key_id)
    select $1::uuid, $2::text, $3::uuid, $4::text, $5::text, $6::bigint[], $7::bytea,
           $8::timestamptz, $9::timestamptz, $10::bytea, $11::boolean, $12::uuid
    from held where held.submission_id = $1::uuid
)
select submission_id, request_sha256 = $14::bytea as is_same_request from held)";

constexpr const char* earlier_sql = R"(
select submission_id, request_sha256 = $3::bytea as is_same_request from idempotency_keys
where user_id = $1::text and key = $2::text and created_at >= $4::timestamptz)";

constexpr const char* read_sql = R"(
select s.correlation_id, s.language, s.version, array_to_string(s.limits, ',') as limits,
       s.created_at, r.result, r.persisted_at
from submissions s left join results r on r.submission_id = s.id
where s.id = $1::uuid and s.user_id = $2::text)";

// The first wish counts.
constexpr const char* cancel_sql = R"(
update submissions s set cancel_requested_at = coalesce(s.cancel_requested_at, $3::timestamptz)
where s.id = $1::uuid and s.user_id = $2::text
  and not exists (select from results r where r.submission_id = s.id)
returning s.id)";

param limits_param(const domain::limits& limits) {
    std::vector<std::optional<std::int64_t>> values;
    for (const auto& row : domain::limit_table)
        values.emplace_back(limits.*row.field);
    return postgres::int_array(values);
}

// "2000,10000,…" in the order of limit_table; a row from before a limit existed has fewer.
domain::limits parse_limits(std::string_view text) {
    domain::limits limits;
    for (const auto& row : domain::limit_table) {
        const auto comma = text.find(',');
        const auto number = text.substr(0, comma);
        std::from_chars(number.data(), number.data() + number.size(), limits.*row.field);
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
    return limits;
}

std::vector<param> row_params(const new_submission& row) {
    const domain::task& t = row.task;
    std::vector<param> params;
    params.reserve(15);
    params.emplace_back(t.id);
    params.emplace_back(t.user_id);
    params.emplace_back(t.correlation_id);
    params.emplace_back(t.language);
    params.emplace_back(t.version);
    params.push_back(limits_param(t.limits));
    params.emplace_back(postgres::bytes{row.encoded_task});
    params.emplace_back(t.created_at);
    params.emplace_back(t.deadline_at);
    std::optional<postgres::bytes> cache_key;
    if (!row.cache_key.empty()) cache_key = postgres::bytes{row.cache_key};
    params.emplace_back(cache_key);
    params.emplace_back(row.is_held);
    params.emplace_back(row.key_id);
    return params;
}

// `db`: a pool, or a transaction.
template <class Db>
awaitable<result<insert_outcome>> insert_row(Db& db, const new_submission& row) {
    std::vector<param> params = row_params(row);
    insert_outcome out;
    out.id = row.task.id;
    if (!row.idempotency) {
        const auto done = co_await db.query(insert_sql, std::move(params));
        if (!done) co_return done.error();
        co_return out;
    }
    params.emplace_back(row.idempotency->key);
    params.emplace_back(postgres::bytes{row.idempotency->request_sha256});
    params.emplace_back(row.forget_keys_before);
    const auto done = co_await db.query(insert_with_key_sql, std::move(params));
    if (!done) co_return done.error();
    const auto held = (*done)[0];
    out.id = submission_id(held.uuid("submission_id"));
    if (out.id != row.task.id) {
        out.what = held.boolean("is_same_request") ? insert_outcome::kind::replayed
                                                   : insert_outcome::kind::conflicting;
    }
    co_return out;
}

}  // namespace

awaitable<result<insert_outcome>> postgres_store::insert(new_submission row) {
    const bool is_alone = !row.callback && !row.mail_to && !row.job && row.words.empty();
    if (!is_alone) co_return co_await insert_with_others(std::move(row));
    co_return co_await insert_row(pool_, row);
}

awaitable<result<std::optional<insert_outcome>>>
postgres_store::earlier(user_id owner, idempotency key, wall_time forget_keys_before) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    params.emplace_back(std::move(key.key));
    params.emplace_back(postgres::bytes{std::move(key.request_sha256)});
    params.emplace_back(forget_keys_before);
    const auto found = co_await pool_.query(earlier_sql, std::move(params));
    if (!found) co_return found.error();
    std::optional<insert_outcome> out;
    if (found->empty()) co_return out;
    const auto row = (*found)[0];
    out.emplace();
    out->id = submission_id(row.uuid("submission_id"));
    out->what = row.boolean("is_same_request") ? insert_outcome::kind::replayed
                                               : insert_outcome::kind::conflicting;
    co_return out;
}

// Its target is committed with it: no end can come before the wish to hear of it.
awaitable<result<insert_outcome>> postgres_store::insert_with_others(new_submission row) {
    auto tx = co_await pool_.begin();
    if (!tx) co_return tx.error();
    auto out = co_await insert_row(*tx, row);
    if (!out || out->what != insert_outcome::kind::inserted) co_return out;
    if (row.job) {
        const auto job = co_await insert_upload_job(*tx, *row.job, row.task);
        if (!job) co_return job.error();
        if (!*job) {
            out->what = insert_outcome::kind::has_run;
            co_return out;
        }
        out->job_id = **job;
    }
    std::vector<webhook_target> targets;
    if (row.callback) targets.push_back({row.task.id.value(), std::move(*row.callback)});
    const auto told =
        co_await insert_targets(*tx, row.task.user_id, std::move(targets), row.task.created_at);
    if (!told) co_return told.error();
    const auto found_by =
        co_await insert_words(*tx, row.task.user_id, row.task.id, std::move(row.words));
    if (!found_by) co_return found_by.error();
    if (row.mail_to) {
        const uuid subject = row.task.id.value();
        const auto mailed = co_await insert_mail_target(
            *tx,
            subject,
            row.task.user_id,
            std::move(*row.mail_to),
            row.task.created_at
        );
        if (!mailed) co_return mailed.error();
    }
    const auto done = co_await tx->commit();
    if (!done) co_return done.error();
    co_return out;
}

awaitable<result<std::optional<domain::submission_view>>>
postgres_store::read(user_id owner, submission_id id) {
    std::vector<param> params;
    params.emplace_back(id);
    params.emplace_back(owner);
    const auto found = co_await pool_.query(read_sql, std::move(params));
    if (!found) co_return found.error();
    std::optional<domain::submission_view> none;
    if (found->empty()) co_return none;
    const auto row = (*found)[0];
    domain::submission_view view;
    view.id = id;
    view.user_id = std::move(owner);
    view.correlation_id = sluice::correlation_id(row.uuid("correlation_id"));
    view.language = row.text("language");
    view.version = row.text("version");
    view.limits = parse_limits(row.text("limits"));
    view.created_at = row.time("created_at");
    if (!row.is_null("result")) {
        auto decoded = messages::decode_result(row.bytea("result"));
        if (!decoded) co_return fail(errc::internal, "a stored result does not decode");
        decoded->times.persisted_at = row.time("persisted_at");
        view.status = decoded->status;
        view.result = std::move(*decoded);
    }
    co_return std::optional(std::move(view));
}

awaitable<result<bool>>
postgres_store::request_cancel(user_id owner, submission_id id, wall_time at) {
    std::vector<param> params;
    params.emplace_back(id);
    params.emplace_back(std::move(owner));
    params.emplace_back(at);
    const auto marked = co_await pool_.query(cancel_sql, std::move(params));
    if (!marked) co_return marked.error();
    co_return !marked->empty();
}

awaitable<result<std::vector<submission_summary>>>
postgres_store::list(user_id owner, history_filter filter, std::size_t limit) {
    auto query = list_query(std::move(owner), std::move(filter), limit);
    const auto found = co_await pool_.query(std::move(query.sql), std::move(query.params));
    if (!found) co_return found.error();
    std::vector<submission_summary> out;
    out.reserve(found->size());
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto row = (*found)[i];
        out.push_back(summary_of(row));
    }
    co_return out;
}

}  // namespace sluice::submission
