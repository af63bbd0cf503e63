// See redis_flight.hpp.
#include "redis_flight.hpp"

#include "sluice/messages/flight.hpp"
#include "sluice/messages/topology.hpp"

namespace sluice::submission {
namespace {

namespace keys = messages::keys;

// An entry that everybody forgot goes by itself. Far above any wait; the comparison with PostgreSQL
// is what keeps the sets right.
constexpr std::chrono::hours entry_lifetime{7 * 24};
constexpr const char* no_limit = "-1";

enum class flight_said : std::int64_t { taken, user_count, key_count, user_bytes, key_bytes };

// KEYS: all, standing, facts, users. ARGV: now, expires, window, most of the user, most of the key,
// bytes left of the user, of the key (-1: any), key, user, then id and bytes of each. Who has
// something held already joins its end. Answers {verdict, count, of key, bytes, of key, released}.
const redis::script begin_script(messages::flight_script(R"lua(
local all, standing, facts = KEYS[1], KEYS[2], KEYS[3]
local now, expires, window, key, user = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[8], ARGV[9]
for _, id in ipairs(redis.call('ZRANGEBYSCORE', all, '-inf', now, 'LIMIT', 0, 100)) do
    flight_end(all, standing, facts, id)
end
local wanted, wanted_bytes = (#ARGV - 9) / 2, 0
for i = 11, #ARGV, 2 do wanted_bytes = wanted_bytes + tonumber(ARGV[i]) end
local count = redis.call('ZCARD', all)
local bytes = tonumber(redis.call('HGET', facts, 'bytes') or '0')
local of_key, bytes_of_key = 0, 0
if key ~= '' then
    of_key = tonumber(redis.call('HGET', facts, 'n:' .. key) or '0')
    bytes_of_key = tonumber(redis.call('HGET', facts, 'b:' .. key) or '0')
end
local function over(most, used, more) return most >= 0 and used + more > most end
local verdict = 0
if over(tonumber(ARGV[4]), count, wanted) then verdict = 1
elseif over(tonumber(ARGV[5]), of_key, wanted) then verdict = 2
elseif over(tonumber(ARGV[6]), bytes, wanted_bytes) then verdict = 3
elseif over(tonumber(ARGV[7]), bytes_of_key, wanted_bytes) then verdict = 4 end
if verdict ~= 0 then return {verdict, count, of_key, bytes, bytes_of_key, 0} end
local stood = redis.call('ZCARD', standing)
local room = count > stood and 0 or math.max(0, window - stood)
local released = math.min(room, wanted)
for n = 1, wanted do
    flight_begin(all, standing, facts, ARGV[8 + 2 * n], expires, ARGV[9 + 2 * n], key, n <= released)
end
redis.call('ZADD', KEYS[4], now, user)
return {0, count, of_key, bytes, bytes_of_key, released})lua"));

// KEYS: all, standing, facts. ARGV: ids.
const redis::script end_script(messages::flight_script(R"lua(
for _, id in ipairs(ARGV) do flight_end(KEYS[1], KEYS[2], KEYS[3], id) end
return 0)lua"));

// KEYS: all, standing, facts. ARGV: expires, window, then id and whether it needs no room.
const redis::script stand_script(messages::flight_script(R"lua(
local answer = {}
local stood = redis.call('ZCARD', KEYS[2])
for i = 3, #ARGV, 2 do
    local stands = 0
    if redis.call('ZSCORE', KEYS[2], ARGV[i]) then
        stands = 1
    elseif ARGV[i + 1] == '1' or stood < tonumber(ARGV[2]) then
        redis.call('ZADD', KEYS[2], ARGV[1], ARGV[i])
        redis.call('ZADD', KEYS[1], 'NX', ARGV[1], ARGV[i])
        stood, stands = stood + 1, 1
    end
    answer[#answer + 1] = stands
end
return answer)lua"));

// KEYS: all, standing, facts, users. ARGV: now, expires, user, then id, bytes, key and whether it
// stands.
const redis::script restore_script(messages::flight_script(R"lua(
for i = 4, #ARGV, 4 do
    flight_begin(KEYS[1], KEYS[2], KEYS[3], ARGV[i], ARGV[2], ARGV[i + 1], ARGV[i + 2],
                 ARGV[i + 3] == '1')
end
redis.call('ZADD', KEYS[4], ARGV[1], ARGV[3])
return 0)lua"));

// KEYS: all, users. ARGV: user, now less a while: who was busy since then stays.
const redis::script forget_script(R"lua(
local at = redis.call('ZSCORE', KEYS[2], ARGV[1])
if redis.call('ZCARD', KEYS[1]) == 0 and at and tonumber(at) < tonumber(ARGV[2]) then
    redis.call('ZREM', KEYS[2], ARGV[1])
end
return 0)lua");

std::string at_most(std::int64_t limit) {
    return limit > 0 ? std::to_string(limit) : no_limit;
}

std::string bytes_left(std::int64_t limit, std::int64_t used) {
    return limit > 0 ? std::to_string(std::max<std::int64_t>(0, limit - used)) : no_limit;
}

std::string key_text(const std::optional<uuid>& key) {
    return key ? key->to_string() : std::string();
}

quota_state
state_of(flight_said v, const std::vector<redis::reply>& said, const flight_rules& rules) {
    quota_state s;
    s.is_of_key = v == flight_said::key_count || v == flight_said::key_bytes;
    const quota_limits& limits = s.is_of_key ? rules.key : rules.user;
    s.what = v == flight_said::user_count || v == flight_said::key_count ? quota::in_flight
                                                                         : quota::stored;
    s.maximum = limits.of(s.what);
    s.used = said[static_cast<std::size_t>(v)].integer;
    if (s.what == quota::stored) s.used += s.is_of_key ? rules.stored_of_key : rules.stored_of_user;
    return s;
}

}  // namespace

awaitable<result<redis::reply>>
redis_flight::call(const redis::script& s, user_id user, std::vector<std::string> arguments) {
    std::vector<std::string> names{
        keys::flight_all(user),
        keys::flight_standing(user),
        keys::flight_facts(user),
        std::string(keys::flight_users)};
    auto answer = co_await client_.eval(s, std::move(names), std::move(arguments));
    if (!answer) was_missed_ = true;
    co_return answer;
}

awaitable<result<flight_verdict>>
redis_flight::begin(quota_subject who, std::vector<admission_item> items, flight_rules rules) {
    const wall_time now = time_.now();
    std::vector<std::string> arguments{
        std::to_string(unix_ms(now)),
        std::to_string(unix_ms(now + entry_lifetime)),
        std::to_string(rules.window),
        at_most(rules.user.submissions_in_flight),
        who.key ? at_most(rules.key.submissions_in_flight) : no_limit,
        bytes_left(rules.user.stored_bytes, rules.stored_of_user),
        who.key ? bytes_left(rules.key.stored_bytes, rules.stored_of_key) : no_limit,
        key_text(who.key),
        who.user};
    for (const auto& item : items) {
        arguments.push_back(item.id.to_string());
        arguments.push_back(std::to_string(item.bytes));
    }
    const auto said = co_await call(begin_script, who.user, std::move(arguments));
    if (!said) co_return said.error();
    constexpr std::size_t numbers = 6;
    if (said->items.size() != numbers) co_return fail(errc::io, "flight: another shape");
    flight_verdict out;
    const auto v = static_cast<flight_said>(said->items[0].integer);
    if (v != flight_said::taken) out.exceeded = state_of(v, said->items, rules);
    out.released = static_cast<std::size_t>(said->items[numbers - 1].integer);
    co_return out;
}

awaitable<result<void>> redis_flight::end(user_id user, std::vector<submission_id> ids) {
    std::vector<std::string> arguments;
    for (const auto& id : ids)
        arguments.push_back(id.to_string());
    if (arguments.empty()) co_return result<void>();
    const auto done = co_await call(end_script, std::move(user), std::move(arguments));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<flight_level>> redis_flight::level(quota_subject who) {
    const std::string key = key_text(who.key);
    std::vector<std::vector<std::string>> asked{
        {"ZCARD", keys::flight_all(who.user)},
        {"HMGET", keys::flight_facts(who.user), "bytes", "n:" + key, "b:" + key}};
    const auto said = co_await client_.pipeline(std::move(asked));
    if (!said[0]) co_return said[0].error();
    if (!said[1]) co_return said[1].error();
    const auto number = [&said](std::size_t at) {
        const auto& items = said[1]->items;
        if (items.size() <= at || items[at].is_nil()) return std::int64_t{0};
        return static_cast<std::int64_t>(std::strtoll(items[at].text.c_str(), nullptr, 10));
    };
    flight_level out;
    out.user = said[0]->integer;
    out.user_bytes = number(0);
    out.key = number(1);
    out.key_bytes = number(2);
    co_return out;
}

awaitable<result<std::vector<redis_flight::standing_count>>> redis_flight::standing(
    std::vector<user_id> users
) {
    std::vector<std::vector<std::string>> asked;
    for (const auto& user : users) {
        for (std::string name : {keys::flight_all(user), keys::flight_standing(user)}) {
            std::vector<std::string> one{"ZCARD", std::move(name)};
            asked.push_back(std::move(one));
        }
    }
    const auto said = co_await client_.pipeline(std::move(asked));
    std::vector<standing_count> out;
    for (std::size_t i = 0; i + 1 < said.size(); i += 2) {
        if (!said[i]) co_return said[i].error();
        if (!said[i + 1]) co_return said[i + 1].error();
        out.push_back({said[i]->integer, said[i + 1]->integer});
    }
    co_return out;
}

awaitable<result<std::vector<bool>>>
redis_flight::stand(user_id user, std::vector<candidate> candidates, std::int64_t window) {
    std::vector<std::string> arguments{
        std::to_string(unix_ms(time_.now() + entry_lifetime)),
        std::to_string(window)};
    for (const auto& each : candidates) {
        arguments.push_back(each.id.to_string());
        arguments.emplace_back(each.is_free ? "1" : "0");
    }
    const auto said = co_await call(stand_script, std::move(user), std::move(arguments));
    if (!said) co_return said.error();
    std::vector<bool> out;
    for (const auto& each : said->items)
        out.push_back(each.integer == 1);
    if (out.size() != candidates.size()) co_return fail(errc::io, "stand: another shape");
    co_return out;
}

awaitable<result<bool>> redis_flight::is_known() {
    if (was_missed_) co_return false;
    std::vector<std::string> get{"GET", std::string(keys::flight_known)};
    const auto said = co_await client_.command(std::move(get));
    if (!said) co_return said.error();
    co_return !said->is_nil();
}

awaitable<result<void>> redis_flight::restore(std::vector<unfinished_row> rows) {
    was_missed_ = false;  // what is missed from here on is missed again
    std::map<user_id, std::vector<std::string>> of;
    const std::string now = std::to_string(unix_ms(time_.now()));
    const std::string expires = std::to_string(unix_ms(time_.now() + entry_lifetime));
    for (const auto& row : rows) {
        auto& arguments = of[row.user];
        if (arguments.empty()) arguments = {now, expires, row.user};
        arguments.push_back(row.id.to_string());
        arguments.push_back(std::to_string(row.bytes));
        arguments.push_back(key_text(row.key));
        arguments.emplace_back(row.is_held ? "0" : "1");
    }
    for (auto& [user, arguments] : of) {
        const auto done = co_await call(restore_script, user, std::move(arguments));
        if (!done) co_return done.error();
    }
    co_return result<void>();
}

awaitable<result<void>> redis_flight::now_known() {
    std::vector<std::string> set{"SET", std::string(keys::flight_known), "1"};
    const auto done = co_await client_.command(std::move(set));
    if (!done) co_return done.error();
    co_return result<void>();
}

awaitable<result<bool>> redis_flight::may_keep(std::chrono::milliseconds for_so_long) {
    std::vector<std::string> set{
        "SET",
        std::string(keys::flight_keeper),
        "1",
        "PX",
        std::to_string(for_so_long.count()),
        "NX"};
    const auto done = co_await client_.command(std::move(set));
    if (!done) co_return done.error();
    co_return !done->is_nil();
}

awaitable<result<std::vector<user_id>>> redis_flight::users() {
    std::vector<std::string> range{"ZRANGE", std::string(keys::flight_users), "0", "-1"};
    const auto said = co_await client_.command(std::move(range));
    if (!said) co_return said.error();
    std::vector<user_id> out;
    for (const auto& each : said->items)
        out.push_back(each.text);
    co_return out;
}

awaitable<result<std::vector<submission_id>>> redis_flight::ids_of(user_id user) {
    std::vector<std::string> range{"ZRANGE", keys::flight_all(user), "0", "-1"};
    const auto said = co_await client_.command(std::move(range));
    if (!said) co_return said.error();
    std::vector<submission_id> out;
    for (const auto& each : said->items) {
        if (const auto id = submission_id::parse(each.text)) out.push_back(*id);
    }
    co_return out;
}

awaitable<result<void>> redis_flight::forget_user_if_idle(user_id user) {
    std::vector<std::string> names{keys::flight_all(user), std::string(keys::flight_users)};
    constexpr std::chrono::minutes a_while{10};
    std::vector<std::string> arguments{user, std::to_string(unix_ms(time_.now() - a_while))};
    const auto done = co_await client_.eval(forget_script, std::move(names), std::move(arguments));
    if (!done) co_return done.error();
    co_return result<void>();
}

}  // namespace sluice::submission
