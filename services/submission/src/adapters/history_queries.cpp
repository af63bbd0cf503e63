// See history_queries.hpp. Bounds in time are bounds on the id as well, because the tables are
// partitioned by it: partitions outside are not looked at.
#include "history_queries.hpp"

#include "../use_cases/program_words.hpp"

#include <algorithm>
#include <array>

namespace sluice::submission {
namespace {

using postgres::param;

constexpr const char* list_sql = R"(
select s.id, s.correlation_id, s.language, s.version, s.created_at, r.status, r.limit_hit,
       r.cpu_us, r.wall_us, r.memory_peak_bytes, r.persisted_at, r.cached
from submissions s left join results r on r.submission_id = s.id
where s.user_id = $1::text and s.id < $2::uuid and s.id >= $3::uuid)";

constexpr const char* words_sql = R"(
insert into submission_words (submission_id, user_id, words)
values ($1::uuid, $2::text, array_to_tsvector($3::text[])))";

std::vector<std::optional<std::string>> nullable(std::vector<std::string> texts) {
    return {texts.begin(), texts.end()};
}

// Appends a condition; '?' stands for its parameter.
void narrow(query_text& q, std::string_view condition, param value) {
    q.params.push_back(std::move(value));
    q.sql += "\n  and ";
    for (const char c : condition) {
        if (c == '?') {
            q.sql += '$' + std::to_string(q.params.size());
        } else {
            q.sql += c;
        }
    }
}

void narrow_to_statuses(query_text& q, const std::vector<domain::status>& statuses) {
    std::vector<std::optional<std::string>> ended;
    for (const auto s : statuses) {
        if (domain::is_terminal(s)) ended.emplace_back(std::string(domain::to_string(s)));
    }
    const bool has_unfinished = ended.size() < statuses.size();
    const char* condition = has_unfinished
                                ? "(r.submission_id is null or r.status = any(?::text[]))"
                                : "r.status = any(?::text[])";
    narrow(q, condition, postgres::text_array(ended));
}

}  // namespace

uuid first_id_of(wall_time time) {
    auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, unix_ms(time)));
    std::array<std::uint8_t, uuid::size> bytes{};
    for (std::size_t i = 6; i-- > 0; ms >>= 8U)
        bytes[i] = static_cast<std::uint8_t>(ms & 0xFFU);
    return uuid(bytes);
}

query_text list_query(user_id owner, history_filter filter, std::size_t limit) {
    query_text q;
    q.sql = list_sql;
    q.params.emplace_back(std::move(owner));
    std::string below = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    if (filter.created_before) below = first_id_of(*filter.created_before).to_string();
    if (filter.before) below = std::min(below, filter.before->to_string());
    std::string from = "00000000-0000-0000-0000-000000000000";
    if (filter.created_after) from = first_id_of(*filter.created_after).to_string();
    q.params.emplace_back(below);
    q.params.emplace_back(from);
    if (!filter.statuses.empty()) narrow_to_statuses(q, filter.statuses);
    if (!filter.languages.empty()) {
        auto languages = nullable(std::move(filter.languages));
        narrow(q, "s.language = any(?::text[])", postgres::text_array(languages));
    }
    if (filter.correlation_id) narrow(q, "s.correlation_id = ?::uuid", *filter.correlation_id);
    if (!filter.words.empty()) {
        narrow(
            q,
            "s.id in (select w.submission_id from submission_words w"
            " where w.user_id = $1::text and w.words @@ ?::tsquery)",
            words_query(filter.words)
        );
    }
    q.params.emplace_back(static_cast<std::int64_t>(limit));
    q.sql += "\norder by s.id desc\nlimit $" + std::to_string(q.params.size()) + "::bigint";
    return q;
}

awaitable<result<void>> insert_words(
    postgres::transaction& tx,
    user_id owner,
    submission_id id,
    std::vector<std::string> words
) {
    if (words.empty()) co_return result<void>();
    std::vector<param> params;
    params.emplace_back(id);
    params.emplace_back(std::move(owner));
    params.push_back(postgres::text_array(nullable(std::move(words))));
    const auto done = co_await tx.query(words_sql, std::move(params));
    if (!done) co_return done.error();
    co_return result<void>();
}

}  // namespace sluice::submission
