// See postgres_batches.hpp. A transaction that ends without commit leaves nothing: a replayed or
// conflicting request rolls back what it wrote. Two requests with one key, or with one correlation
// id, are serialised by the primary keys.
#include "postgres_batches.hpp"

#include "history_queries.hpp"
#include "postgres_mail.hpp"
#include "submission_rows.hpp"
#include "webhook_targets.hpp"

#include <limits>

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* hold_key_sql = R"(
insert into idempotency_keys as k (user_id, key, request_sha256, submission_id, created_at)
values ($1::text, $2::text, $3::bytea, $4::uuid, $5::timestamptz)
on conflict (user_id, key) do update set
    request_sha256 = case when k.created_at < $6::timestamptz
                          then excluded.request_sha256 else k.request_sha256 end,
    submission_id  = case when k.created_at < $6::timestamptz
                          then excluded.submission_id else k.submission_id end,
    created_at     = case when k.created_at < $6::timestamptz
                          then excluded.created_at else k.created_at end
returning submission_id, request_sha256 = $3::bytea as is_same_request)";

constexpr const char* insert_batch_sql = R"(
insert into batches (id, user_id, correlation_id, size, created_at)
values ($1::uuid, $2::text, $3::uuid, $4::bigint, $5::timestamptz)
on conflict (user_id, correlation_id) do nothing)";

constexpr const char* insert_items_sql = R"(
insert into submissions (id, user_id, correlation_id, language, version, limits, task, created_at,
                         deadline_at, batch_id, batch_index, cache_key, held, key_id)
select g.id, $1::text, $2::uuid, g.language, g.version, g.limits::bigint[], g.task,
       g.created_at::timestamptz, g.deadline_at::timestamptz, $3::uuid, g.place - 1, g.cache_key,
       g.place > $12::bigint, $13::uuid
from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::text[], $10::text[],
            $11::bytea[])
     with ordinality
     as g(id, language, version, limits, task, created_at, deadline_at, cache_key, place))";

constexpr const char* read_batch_sql = R"(
select b.id, b.size, b.created_at, s.id as submission_id, r.status, r.persisted_at
from batches b
left join submissions s on s.batch_id = b.id
left join results r on r.submission_id = s.id
where b.user_id = $1::text and b.correlation_id = $2::uuid
order by s.batch_index)";

constexpr const char* name_sql = R"(
select correlation_id from batches where id = $1::uuid and user_id = $2::text)";

constexpr const char* items_sql = R"(
select s.batch_index::bigint as batch_index, s.id, s.correlation_id, s.language, s.version,
       s.created_at, r.status, r.limit_hit, r.cpu_us, r.wall_us, r.memory_peak_bytes, r.persisted_at,
       r.cached
from submissions s left join results r on r.submission_id = s.id
where s.batch_id = $1::uuid and s.batch_index > $2::bigint
order by s.batch_index
limit $3::bigint)";

std::vector<param> item_params(const new_batch& batch) {
    std::vector<uuid> ids;
    std::vector<std::optional<std::string>> languages, versions, limits, tasks, created, deadlines,
        cache_keys;
    for (const auto& item : batch.items) {
        const domain::task& t = item.task;
        ids.push_back(t.id.value());
        languages.emplace_back(t.language);
        versions.emplace_back(t.version);
        limits.emplace_back(limits_text(t.limits));
        tasks.emplace_back(item.encoded_task);
        created.emplace_back(to_rfc3339(t.created_at));
        deadlines.emplace_back(to_rfc3339(t.deadline_at));
        auto& key = cache_keys.emplace_back();
        if (!item.cache_key.empty()) key = item.cache_key;
    }
    std::vector<param> params;
    params.emplace_back(batch.owner);
    params.emplace_back(batch.correlation_id);
    params.emplace_back(batch.id);
    params.push_back(postgres::uuid_array(ids));
    for (const auto* texts : {&languages, &versions, &limits})
        params.push_back(postgres::text_array(*texts));
    params.push_back(postgres::bytea_array(tasks));
    for (const auto* texts : {&created, &deadlines})
        params.push_back(postgres::text_array(*texts));
    params.push_back(postgres::bytea_array(cache_keys));
    params.emplace_back(batch.released);
    params.emplace_back(batch.key_id);
    return params;
}

// nullopt: the key is ours now, or there is none.
awaitable<result<std::optional<batch_insert_outcome>>>
hold_key(postgres::transaction& tx, const new_batch& batch) {
    std::optional<batch_insert_outcome> out;
    if (!batch.idempotency) co_return out;
    std::vector<param> params;
    params.emplace_back(batch.owner);
    params.emplace_back(batch.idempotency->key);
    params.emplace_back(postgres::bytes{batch.idempotency->request_sha256});
    params.emplace_back(batch.id);
    params.emplace_back(batch.created_at);
    params.emplace_back(batch.forget_keys_before);
    const auto held = co_await tx.query(hold_key_sql, std::move(params));
    if (!held) co_return held.error();
    const auto row = (*held)[0];
    const uuid holder = row.uuid("submission_id");
    if (holder == batch.id) co_return out;
    const bool is_same = row.boolean("is_same_request");
    using kind = batch_insert_outcome::kind;
    out = batch_insert_outcome{is_same ? kind::replayed : kind::conflicting, holder};
    co_return out;
}

awaitable<result<bool>> insert_batch(postgres::transaction& tx, const new_batch& batch) {
    std::vector<param> params;
    params.emplace_back(batch.id);
    params.emplace_back(batch.owner);
    params.emplace_back(batch.correlation_id);
    params.emplace_back(static_cast<std::int64_t>(batch.items.size()));
    params.emplace_back(batch.created_at);
    const auto done = co_await tx.query(insert_batch_sql, std::move(params));
    if (!done) co_return done.error();
    co_return done->affected() == 1;
}

}  // namespace

awaitable<result<batch_insert_outcome>> postgres_batches::insert(new_batch batch) {
    auto tx = co_await pool_.begin();
    if (!tx) co_return tx.error();
    auto held = co_await hold_key(*tx, batch);
    if (!held) co_return held.error();
    if (*held) co_return **held;
    auto is_new = co_await insert_batch(*tx, batch);
    if (!is_new) co_return is_new.error();
    batch_insert_outcome out{batch_insert_outcome::kind::inserted, batch.id};
    if (!*is_new) {
        out.what = batch_insert_outcome::kind::exists;
        co_return out;
    }
    auto params = item_params(batch);
    const auto stored = co_await tx->query(insert_items_sql, std::move(params));
    if (!stored) co_return stored.error();
    std::vector<webhook_target> targets;
    if (batch.callback) targets.push_back({batch.id, *batch.callback});
    for (const auto& item : batch.items) {
        if (item.callback) targets.push_back({item.task.id.value(), *item.callback});
    }
    const auto told =
        co_await insert_targets(*tx, batch.owner, std::move(targets), batch.created_at);
    if (!told) co_return told.error();
    for (auto& item : batch.items) {
        const auto found_by =
            co_await insert_words(*tx, batch.owner, item.task.id, std::move(item.words));
        if (!found_by) co_return found_by.error();
    }
    if (batch.mail_to) {
        const auto mailed = co_await insert_mail_target(
            *tx,
            batch.id,
            batch.owner,
            std::move(*batch.mail_to),
            batch.created_at
        );
        if (!mailed) co_return mailed.error();
    }
    const auto done = co_await tx->commit();
    if (!done) co_return done.error();
    co_return out;
}

awaitable<result<std::optional<stored_batch>>>
postgres_batches::read(user_id owner, sluice::correlation_id id) {
    std::vector<param> params;
    params.emplace_back(owner);
    params.emplace_back(id);
    const auto found = co_await pool_.query(read_batch_sql, std::move(params));
    if (!found) co_return found.error();
    std::optional<stored_batch> out;
    if (found->empty()) co_return out;
    out.emplace();
    domain::batch_view& view = out->view;
    const auto first = (*found)[0];
    view.id = first.uuid("id");
    view.correlation_id = id;
    view.user_id = std::move(owner);
    view.size = first.integer("size");
    view.created_at = first.time("created_at");
    std::optional<wall_time> last;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto row = (*found)[i];
        if (row.is_null("submission_id")) continue;
        const auto status = row.optional_text("status");
        if (!status) {
            out->unfinished.emplace_back(row.uuid("submission_id"));
            ++view.counts[domain::status::queued];
            continue;
        }
        ++view.counts[domain::parse_status(*status).value_or(domain::status::internal_error)];
        const auto at = row.time("persisted_at");
        if (!last || *last < at) last = at;
    }
    if (out->unfinished.empty()) view.finished_at = last;
    co_return out;
}

awaitable<result<std::optional<sluice::correlation_id>>>
postgres_batches::name_of(user_id owner, uuid id) {
    std::vector<param> params;
    params.emplace_back(id);
    params.emplace_back(std::move(owner));
    const auto found = co_await pool_.query(name_sql, std::move(params));
    if (!found) co_return found.error();
    std::optional<sluice::correlation_id> out;
    if (!found->empty()) out.emplace((*found)[0].uuid("correlation_id"));
    co_return out;
}

awaitable<result<std::vector<batch_item>>>
postgres_batches::items(uuid id, std::optional<std::int64_t> after, std::size_t limit) {
    std::vector<param> params;
    params.emplace_back(id);
    params.emplace_back(after.value_or(-1));
    params.emplace_back(static_cast<std::int64_t>(limit));
    const auto found = co_await pool_.query(items_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<batch_item> out;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto row = (*found)[i];
        out.push_back({row.integer("batch_index"), summary_of(row)});
    }
    co_return out;
}

}  // namespace sluice::submission
