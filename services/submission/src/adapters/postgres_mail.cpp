// See postgres_mail.hpp.
#include "postgres_mail.hpp"

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* mail_address_sql =
    "select email from users where id = $1::text and email is not null and disabled_at is null";
constexpr const char* mail_setting_sql = R"(
select coalesce((select when_done from mail_settings where user_id = $1::text), false) as when_done,
       coalesce((select email from users where id = $1::text), '') as address)";
constexpr const char* set_mail_sql = R"(
insert into mail_settings (user_id, when_done, address, updated_at)
values ($1::text, $2::boolean, $3::text, $4::timestamptz)
on conflict (user_id) do update set
    when_done = excluded.when_done, address = excluded.address, updated_at = excluded.updated_at)";
constexpr const char* mail_target_sql = R"(
insert into mail_targets (subject_id, user_id, address, created_at)
values ($1::uuid, $2::text, $3::text, $4::timestamptz))";

}  // namespace

awaitable<result<std::optional<std::string>>> postgres_mail::address_of(user_id user) {
    std::vector<param> params;
    params.emplace_back(std::move(user));
    const auto found = co_await pool_.query(mail_address_sql, std::move(params));
    if (!found) co_return found.error();
    std::optional<std::string> out;
    if (!found->empty()) out = (*found)[0].text("email");
    co_return out;
}

awaitable<result<mail_setting>> postgres_mail::setting(user_id user) {
    std::vector<param> params;
    params.emplace_back(std::move(user));
    const auto found = co_await pool_.query(mail_setting_sql, std::move(params));
    if (!found) co_return found.error();
    mail_setting out;
    out.when_done = (*found)[0].boolean("when_done");
    out.address = (*found)[0].text("address");
    co_return out;
}

awaitable<result<void>>
postgres_mail::set(user_id user, bool when_done, std::string address, wall_time at) {
    std::vector<param> params;
    params.emplace_back(std::move(user));
    params.emplace_back(when_done);
    params.emplace_back(std::move(address));
    params.emplace_back(at);
    const auto done = co_await pool_.query(set_mail_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<void>> insert_mail_target(
    postgres::transaction& tx,
    uuid subject,
    user_id owner,
    std::string address,
    wall_time at
) {
    std::vector<param> params;
    params.emplace_back(subject);
    params.emplace_back(std::move(owner));
    params.emplace_back(std::move(address));
    params.emplace_back(at);
    const auto done = co_await tx.query(mail_target_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

}  // namespace sluice::submission
