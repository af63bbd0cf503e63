// See webhook_targets.hpp.
#include "webhook_targets.hpp"

#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

#include <openssl/rand.h>

#include <array>
#include <stdexcept>

namespace sluice::submission {
namespace {

constexpr const char* insert_targets_sql = R"(
with secret as (
    insert into webhook_settings (user_id, secret, updated_at)
    values ($1::text, $2::text, $3::timestamptz)
    on conflict (user_id) do nothing
)
insert into webhook_targets (subject_id, user_id, url, host, headers, created_at)
select g.id, $1::text, g.url, g.host, g.headers::jsonb, $3::timestamptz
from unnest($4::uuid[], $5::text[], $6::text[], $7::text[]) as g(id, url, host, headers))";

}  // namespace

std::string make_webhook_secret() {
    std::array<unsigned char, 32> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
        throw std::runtime_error("no randomness");
    }
    std::string text = "whs_" + messages::base64_encode(std::string(random.begin(), random.end()));
    for (char& c : text)
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    while (text.back() == '=')
        text.pop_back();
    return text;
}

std::string headers_text(const domain::callback& c) {
    auto headers = nlohmann::json::object();
    for (const auto& [name, value] : c.headers)
        headers[name] = value;
    return headers.dump();
}

awaitable<result<void>> insert_targets(
    postgres::transaction& tx,
    user_id owner,
    std::vector<webhook_target> targets,
    wall_time at
) {
    if (targets.empty()) co_return result<void>();
    std::vector<uuid> ids;
    std::vector<std::optional<std::string>> urls, hosts, headers;
    for (const webhook_target& t : targets) {
        ids.push_back(t.subject);
        urls.emplace_back(t.callback.url);
        hosts.emplace_back(t.callback.host);
        headers.emplace_back(headers_text(t.callback));
    }
    std::vector<postgres::param> params;
    params.emplace_back(std::move(owner));
    params.emplace_back(make_webhook_secret());
    params.emplace_back(at);
    params.push_back(postgres::uuid_array(ids));
    for (const auto* texts : {&urls, &hosts, &headers})
        params.push_back(postgres::text_array(*texts));
    const auto done = co_await tx.query(insert_targets_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

}  // namespace sluice::submission
