// See system_a_store.hpp, and migration 0013 for the tables.
#include "system_a_store.hpp"

#include "sluice/messages/codec.hpp"

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* set_inputs_sql = R"(
insert into system_a_uploads (upload_id, inputs) values ($1::uuid, $2::bytea)
on conflict (upload_id) do update set inputs = excluded.inputs)";

constexpr const char* read_inputs_sql =
    "select inputs from system_a_uploads where upload_id = $1::uuid";

// One statement: of two requests at the same time one makes a job. Jobs of the same user whose
// submissions were dropped for their age are forgotten on the way; nobody sees them any more.
constexpr const char* insert_job_sql = R"(
with taken as (
    insert into system_a_uploads as a (upload_id, is_enable) values ($1::uuid, false)
    on conflict (upload_id) do update set is_enable = false where a.is_enable
    returning upload_id
), forgotten as (
    delete from system_a_jobs where id in (
        select j.id from system_a_jobs j
        where j.user_id = $2::text and j.created_at < now() - interval '1 hour' and not exists (
            select from submissions s
            where s.user_id = j.user_id and s.correlation_id = j.correlation_id)
        order by j.id limit 100)
)
insert into system_a_jobs (user_id, upload_number, query, correlation_id, created_at)
select $2::text, $3::bigint, $4::text, $5::uuid, $6::timestamptz from taken
returning id)";

constexpr const char* system_a_uploads_sql = R"(
select u.number, coalesce(who.email, u.user_id) as email, coalesce(a.inputs, '') as inputs,
       u.language, coalesce(a.is_enable, true) as is_enable
from uploads u
left join system_a_uploads a on a.upload_id = u.id
left join users who on who.id = u.user_id
where u.user_id = $1::text order by u.id desc limit 500)";

constexpr const char* system_a_jobs_sql = R"(
select j.id, j.upload_number, r.result, r.persisted_at
from (select * from system_a_jobs where user_id = $1::text order by id desc limit 100) j
join submissions s on s.user_id = j.user_id and s.correlation_id = j.correlation_id
left join results r on r.submission_id = s.id
order by j.id desc)";

}  // namespace

awaitable<result<void>> system_a_store::set_inputs(uuid upload, std::string inputs) {
    std::vector<param> params;
    params.emplace_back(upload);
    params.emplace_back(postgres::bytes{std::move(inputs)});
    const auto done = co_await pool_.query(set_inputs_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<std::string>> system_a_store::inputs(uuid upload) {
    std::vector<param> params;
    params.emplace_back(upload);
    const auto found = co_await pool_.query(read_inputs_sql, std::move(params));
    if (!found) co_return found.error();
    std::string none;
    co_return found->empty() ? none : (*found)[0].bytea("inputs");
}

awaitable<result<std::vector<system_a_upload>>> system_a_store::uploads(user_id owner) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    const auto found = co_await pool_.query(system_a_uploads_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<system_a_upload> out;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto row = (*found)[i];
        system_a_upload one;
        one.number = row.integer("number");
        one.email = row.text("email");
        one.inputs = row.bytea("inputs");
        one.language = row.text("language");
        one.is_enable = row.boolean("is_enable");
        out.push_back(std::move(one));
    }
    co_return out;
}

awaitable<result<std::vector<system_a_job>>> system_a_store::jobs(user_id owner) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    const auto found = co_await pool_.query(system_a_jobs_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<system_a_job> out;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const auto row = (*found)[i];
        system_a_job one;
        one.id = row.integer("id");
        one.upload = row.integer("upload_number");
        one.done_at = row.optional_time("persisted_at");
        if (one.done_at) {
            auto decoded = messages::decode_result(row.bytea("result"));
            if (!decoded) co_return decoded.error();
            one.result = std::move(*decoded);
        }
        out.push_back(std::move(one));
    }
    co_return out;
}

awaitable<result<std::optional<std::int64_t>>>
insert_upload_job(postgres::transaction& tx, upload_job job, const domain::task& task) {
    std::vector<param> params;
    params.emplace_back(job.upload);
    params.emplace_back(task.user_id);
    params.emplace_back(job.upload_number);
    params.emplace_back(std::move(job.query));
    params.emplace_back(task.correlation_id);
    params.emplace_back(task.created_at);
    const auto made = co_await tx.query(insert_job_sql, std::move(params));
    if (!made) co_return made.error();
    std::optional<std::int64_t> id;
    if (!made->empty()) id = (*made)[0].integer("id");
    co_return id;
}

}  // namespace sluice::submission
