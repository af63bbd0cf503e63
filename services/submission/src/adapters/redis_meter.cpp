// See redis_meter.hpp. The clock is Redis's own: those of the processes may differ.
#include "redis_meter.hpp"

#include "sluice/messages/topology.hpp"

namespace sluice::submission {
namespace {

// KEYS: the buckets. ARGV: what to take, then the rate of each, which is its size too. Answers with
// {allowed, tokens left, ms until the next, ms until full} of each.
const redis::script take_script(R"lua(
local cost = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local tokens, all_allowed = {}, true
for i, key in ipairs(KEYS) do
    local rate = tonumber(ARGV[i + 1])
    local known = redis.call('HMGET', key, 'tokens', 'at')
    local left = tonumber(known[1]) or rate
    local passed = math.max(0, now - (tonumber(known[2]) or now))
    tokens[i] = math.min(rate, left + passed * rate / 1000)
    if tokens[i] < cost then all_allowed = false end
end
local answer = {}
for i, key in ipairs(KEYS) do
    local rate = tonumber(ARGV[i + 1])
    local is_allowed = tokens[i] >= cost
    if all_allowed and cost > 0 then
        tokens[i] = tokens[i] - cost
        redis.call('HSET', key, 'tokens', string.format('%.6f', tokens[i]),
                   'at', string.format('%.3f', now))
        redis.call('PEXPIRE', key, 2000)
    end
    answer[#answer + 1] = is_allowed and 1 or 0
    answer[#answer + 1] = math.floor(tokens[i])
    answer[#answer + 1] = math.ceil(math.max(0, 1 - tokens[i]) / rate * 1000)
    answer[#answer + 1] = math.ceil((rate - tokens[i]) / rate * 1000)
end
return answer)lua");

constexpr std::size_t numbers_each = 4;

}  // namespace

awaitable<std::vector<bucket_level>>
redis_meter::take(std::vector<account> accounts, std::int64_t cost) {
    std::vector<std::string> names;
    std::vector<std::string> arguments{std::to_string(cost)};
    for (const account& each : accounts) {
        names.push_back(messages::keys::request_rate(each.whose));
        arguments.push_back(std::to_string(each.rate));
    }
    const auto answer = co_await client_.eval(take_script, std::move(names), std::move(arguments));
    std::vector<bucket_level> out;
    if (answer && answer->items.size() == accounts.size() * numbers_each) {
        for (std::size_t i = 0; i < answer->items.size(); i += numbers_each) {
            bucket_level level;
            level.is_allowed = answer->items[i].integer == 1;
            level.left = answer->items[i + 1].integer;
            level.until_next = std::chrono::milliseconds(answer->items[i + 2].integer);
            level.until_full = std::chrono::milliseconds(answer->items[i + 3].integer);
            out.push_back(level);
        }
        co_return out;
    }
    for (const account& each : accounts)
        out.push_back(own_.take(each.whose, each.rate, cost, time_.steady()));
    co_return out;
}

}  // namespace sluice::submission
