// See postgres_held.hpp.
#include "postgres_held.hpp"

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* claim_held_sql = R"(
select h.*
from unnest($1::text[], $2::bigint[]) as u(user_id, at_most)
cross join lateral (
    select s.id, s.correlation_id, s.user_id, s.language, s.task, s.created_at, s.deadline_at,
           s.cancel_requested_at is not null as is_unwanted
    from submissions s
    where s.held and s.user_id = u.user_id
      and not exists (select from results r where r.submission_id = s.id)
    order by (s.cancel_requested_at is null), s.id
    limit u.at_most
    for update of s skip locked) as h)";

constexpr const char* held_released_sql = R"(
update submissions s set held = false, published_at = $4::timestamptz,
    publish_count = s.publish_count + 1, task = g.task, deadline_at = g.deadline_at::timestamptz
from unnest($1::uuid[], $2::bytea[], $3::text[]) as g(id, task, deadline_at)
where s.id = g.id)";

constexpr const char* held_users_sql =
    "select distinct user_id from submissions where held limit $1::bigint";
constexpr const char* held_count_sql = R"(
select count(*) as held
from (select 1 from submissions where held limit $1::bigint) as waiting)";

constexpr const char* held_settle_sql = R"(
update submissions s set held = false, published_at = coalesce(s.published_at, $1::timestamptz)
where s.held and exists (select from results r where r.submission_id = s.id))";

// Each half by an index of its own.
constexpr const char* held_unfinished_sql = R"(
with candidates as (
    select id, user_id, key_id, held, task from submissions where held
    union all
    select id, user_id, key_id, held, task from submissions
    where not held and deadline_at > $1::timestamptz
)
select s.id, s.user_id, s.key_id, s.held, octet_length(s.task)::bigint as bytes
from candidates s
where s.id > $2::uuid and not exists (select from results r where r.submission_id = s.id)
order by s.id
limit $3::bigint)";
constexpr const char* before_every_id = "00000000-0000-0000-0000-000000000000";

constexpr const char* held_open_sql = R"(
select s.id from submissions s
where s.id = any($1::uuid[]) and not exists (select from results r where r.submission_id = s.id))";

}  // namespace

awaitable<result<std::vector<held_task>>>
postgres_held::claim(postgres::transaction& tx, std::vector<share> shares) {
    std::vector<std::optional<std::string>> users;
    std::vector<std::optional<std::int64_t>> counts;
    for (const share& each : shares) {
        users.emplace_back(each.user);
        counts.emplace_back(each.at_most);
    }
    std::vector<param> params;
    params.push_back(postgres::text_array(users));
    params.push_back(postgres::int_array(counts));
    const auto found = co_await tx.query(claim_held_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<held_task> out;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto row = (*found)[i];
        held_task h;
        h.task.id = submission_id(row.uuid("id"));
        h.task.correlation_id = sluice::correlation_id(row.uuid("correlation_id"));
        h.task.owner = row.text("user_id");
        h.task.language = row.text("language");
        h.task.body = row.bytea("task");
        h.task.created_at = row.time("created_at");
        h.task.deadline_at = row.time("deadline_at");
        h.task.is_announced = true;
        h.is_unwanted = row.boolean("is_unwanted");
        out.push_back(std::move(h));
    }
    co_return out;
}

awaitable<result<void>>
postgres_held::released(postgres::transaction& tx, std::vector<outgoing_task> tasks, wall_time at) {
    std::vector<uuid> ids;
    std::vector<std::optional<std::string>> bodies, deadlines;
    for (auto& task : tasks) {
        ids.push_back(task.id.value());
        bodies.emplace_back(std::move(task.body));
        deadlines.emplace_back(to_rfc3339(task.deadline_at));
    }
    std::vector<param> params;
    params.push_back(postgres::uuid_array(ids));
    params.push_back(postgres::bytea_array(bodies));
    params.push_back(postgres::text_array(deadlines));
    params.emplace_back(at);
    const auto done = co_await tx.query(held_released_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<std::vector<user_id>>> postgres_held::users(std::int64_t at_most) {
    std::vector<param> params;
    params.emplace_back(at_most);
    const auto found = co_await pool_.query(held_users_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<user_id> out;
    for (std::size_t i = 0; i < found->size(); ++i)
        out.push_back((*found)[i].text("user_id"));
    co_return out;
}

awaitable<result<std::int64_t>> postgres_held::count(std::int64_t at_most) {
    std::vector<param> params;
    params.emplace_back(at_most);
    const auto found = co_await pool_.query(held_count_sql, std::move(params));
    if (!found) co_return found.error();
    co_return (*found)[0].integer("held");
}

awaitable<result<std::int64_t>> postgres_held::settle_finished(wall_time at) {
    std::vector<param> params;
    params.emplace_back(at);
    const auto done = co_await pool_.query(held_settle_sql, std::move(params));
    if (!done) co_return done.error();
    co_return done->affected();
}

awaitable<result<std::vector<unfinished_row>>>
postgres_held::unfinished(wall_time now, std::optional<submission_id> after, std::int64_t limit) {
    std::vector<param> params;
    params.emplace_back(now);
    params.emplace_back(after ? after->to_string() : std::string(before_every_id));
    params.emplace_back(limit);
    const auto found = co_await pool_.query(held_unfinished_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<unfinished_row> out;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto row = (*found)[i];
        unfinished_row u;
        u.id = submission_id(row.uuid("id"));
        u.user = row.text("user_id");
        if (!row.is_null("key_id")) u.key = row.uuid("key_id");
        u.is_held = row.boolean("held");
        u.bytes = row.integer("bytes");
        out.push_back(std::move(u));
    }
    co_return out;
}

awaitable<result<std::vector<submission_id>>> postgres_held::still_open(
    std::vector<submission_id> ids
) {
    std::vector<uuid> values;
    for (const auto& id : ids)
        values.push_back(id.value());
    std::vector<param> params;
    params.push_back(postgres::uuid_array(values));
    const auto found = co_await pool_.query(held_open_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<submission_id> out;
    for (std::size_t i = 0; i < found->size(); ++i)
        out.emplace_back((*found)[i].uuid("id"));
    co_return out;
}

}  // namespace sluice::submission
