// Times of sweeping are the database's, so that instances with other clocks agree. See migration
// 0009 for what the two tables promise.
#include "postgres_uploads.hpp"

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* announce_sql = R"(
insert into upload_blobs (blob, sweep_at)
values ($1::uuid, now() + $2::bigint * interval '1 millisecond'))";

constexpr const char* insert_upload_sql = R"(
with taken as (
    delete from upload_blobs where blob = $1::uuid and not is_swept returning blob
)
insert into uploads
    (id, user_id, name, content_type, language, size_bytes, sha256, blob, created_at, key_id)
select $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::bigint, $8::bytea, blob,
       $9::timestamptz, $10::uuid
from taken
returning number)";

constexpr const char* read_upload_sql = R"(
select id, number, user_id, name, content_type, language, size_bytes, sha256, blob, created_at
from uploads where id = $1::uuid and user_id = $2::text)";

constexpr const char* read_upload_number_sql = R"(
select id, number, user_id, name, content_type, language, size_bytes, sha256, blob, created_at
from uploads where number = $1::bigint and user_id = $2::text)";

constexpr const char* list_uploads_sql = R"(
select id, number, user_id, name, content_type, language, size_bytes, sha256, blob, created_at
from uploads where user_id = $1::text and ($2::uuid is null or id < $2::uuid)
order by id desc limit $3::bigint)";

constexpr const char* remove_upload_sql = R"(
with gone as (
    delete from uploads where id = $1::uuid and user_id = $2::text returning blob
)
insert into upload_blobs (blob, sweep_at, is_swept) select blob, now(), true from gone
returning blob)";

constexpr const char* claim_orphans_sql = R"(
update upload_blobs set is_swept = true, sweep_at = now() + $2::bigint * interval '1 millisecond'
where blob in (select blob from upload_blobs where sweep_at <= now()
               order by sweep_at limit $1::bigint for update skip locked)
returning blob)";

constexpr const char* stored_bytes_sql = R"(
select coalesce(sum(size_bytes), 0)::bigint as bytes,
       coalesce(sum(size_bytes) filter (where key_id = $2::uuid), 0)::bigint as key_bytes
from uploads where user_id = $1::text)";

upload upload_of(const postgres::row& row) {
    upload u;
    u.id = row.uuid("id");
    u.number = row.integer("number");
    u.owner = row.text("user_id");
    u.name = row.text("name");
    u.content_type = row.text("content_type");
    u.language = row.text("language");
    u.size_bytes = row.integer("size_bytes");
    u.sha256 = row.bytea("sha256");
    u.blob = row.uuid("blob");
    u.created_at = row.time("created_at");
    return u;
}

std::optional<upload> first_upload(const postgres::rows& found) {
    std::optional<upload> out;
    if (!found.empty()) out = upload_of(found[0]);
    return out;
}

}  // namespace

awaitable<result<void>> postgres_uploads::announce(uuid blob, std::chrono::milliseconds sweep_in) {
    std::vector<param> params;
    params.emplace_back(blob);
    params.emplace_back(static_cast<std::int64_t>(sweep_in.count()));
    const auto done = co_await pool_.query(announce_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<std::int64_t>> postgres_uploads::insert(upload made) {
    std::vector<param> params;
    params.emplace_back(made.blob);
    params.emplace_back(made.id);
    params.emplace_back(std::move(made.owner));
    params.emplace_back(std::move(made.name));
    params.emplace_back(std::move(made.content_type));
    params.emplace_back(std::move(made.language));
    params.emplace_back(made.size_bytes);
    params.emplace_back(postgres::bytes{std::move(made.sha256)});
    params.emplace_back(made.created_at);
    params.emplace_back(made.key_id);
    const auto done = co_await pool_.query(insert_upload_sql, std::move(params));
    if (!done) co_return done.error();
    if (done->empty()) co_return fail(errc::conflict, "the blob was swept before its upload");
    co_return (*done)[0].integer("number");
}

awaitable<result<std::optional<upload>>> postgres_uploads::read(user_id owner, uuid id) {
    std::vector<param> params;
    params.emplace_back(id);
    params.emplace_back(std::move(owner));
    const auto found = co_await pool_.query(read_upload_sql, std::move(params));
    if (!found) co_return found.error();
    co_return first_upload(*found);
}

awaitable<result<std::optional<upload>>>
postgres_uploads::read_number(user_id owner, std::int64_t n) {
    std::vector<param> params;
    params.emplace_back(n);
    params.emplace_back(std::move(owner));
    const auto found = co_await pool_.query(read_upload_number_sql, std::move(params));
    if (!found) co_return found.error();
    co_return first_upload(*found);
}

awaitable<result<std::vector<upload>>>
postgres_uploads::list(user_id owner, std::optional<uuid> before, std::size_t limit) {
    std::vector<param> params;
    params.emplace_back(std::move(owner));
    params.emplace_back(before);
    params.emplace_back(static_cast<std::int64_t>(limit));
    const auto found = co_await pool_.query(list_uploads_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<upload> out;
    for (std::size_t i = 0; i < found->size(); ++i)
        out.push_back(upload_of((*found)[i]));
    co_return out;
}

awaitable<result<std::optional<uuid>>> postgres_uploads::remove(user_id owner, uuid id) {
    std::vector<param> params;
    params.emplace_back(id);
    params.emplace_back(std::move(owner));
    const auto done = co_await pool_.query(remove_upload_sql, std::move(params));
    if (!done) co_return done.error();
    std::optional<uuid> blob;
    if (!done->empty()) blob = (*done)[0].uuid("blob");
    co_return blob;
}

awaitable<result<std::vector<uuid>>>
postgres_uploads::claim_orphans(std::size_t limit, std::chrono::milliseconds lease) {
    std::vector<param> params;
    params.emplace_back(static_cast<std::int64_t>(limit));
    params.emplace_back(static_cast<std::int64_t>(lease.count()));
    const auto found = co_await pool_.query(claim_orphans_sql, std::move(params));
    if (!found) co_return found.error();
    std::vector<uuid> out;
    for (std::size_t i = 0; i < found->size(); ++i)
        out.push_back((*found)[i].uuid("blob"));
    co_return out;
}

awaitable<result<stored_sizes>> postgres_uploads::stored_bytes(quota_subject who) {
    std::vector<param> params;
    params.emplace_back(std::move(who.user));
    params.emplace_back(who.key);
    const auto found = co_await pool_.query(stored_bytes_sql, std::move(params));
    if (!found) co_return found.error();
    const auto row = (*found)[0];
    co_return stored_sizes{row.integer("bytes"), row.integer("key_bytes")};
}

awaitable<result<void>> postgres_uploads::forget(uuid blob) {
    std::vector<param> params;
    params.emplace_back(blob);
    const auto done =
        co_await pool_.query("delete from upload_blobs where blob = $1::uuid", std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

}  // namespace sluice::submission
