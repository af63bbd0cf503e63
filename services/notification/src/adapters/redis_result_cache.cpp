// See redis_result_cache.hpp. The index has every key with the time of its end: what has ended is
// taken out of it, and with too many the one that would end first goes. A copy that its owner
// deleted stays in the index until then, which only makes room a little later.
#include "redis_result_cache.hpp"

#include "sluice/messages/topology.hpp"

namespace sluice::notification {
namespace {

const redis::script keep_script(R"lua(
local index, copy = KEYS[1], KEYS[2]
local value, now, keep_ms, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
redis.call('SET', copy, value, 'PX', keep_ms)
redis.call('ZADD', index, now + keep_ms, copy)
while redis.call('ZCARD', index) > most do
    redis.call('DEL', redis.call('ZPOPMIN', index)[1])
end
return 1
)lua");

}  // namespace

std::size_t redis_result_cache::largest() const {
    if (settings_.keep.count() <= 0 || settings_.max_result.value <= 0) return 0;
    return static_cast<std::size_t>(settings_.max_result.value);
}

awaitable<result<void>> redis_result_cache::keep(std::string key, std::string encoded_result) {
    std::vector<std::string> keys{
        std::string(messages::keys::cache_index),
        messages::keys::cached_result(key)};
    std::vector<std::string> arguments{
        std::move(encoded_result),
        std::to_string(unix_ms(time_.now())),
        std::to_string(settings_.keep.count()),
        std::to_string(settings_.max_entries)};
    const auto done = co_await client_.eval(keep_script, std::move(keys), std::move(arguments));
    if (!done) co_return done.error();
    co_return result<void>();
}

}  // namespace sluice::notification
