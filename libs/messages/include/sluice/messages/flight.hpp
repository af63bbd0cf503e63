// What a user has in flight, in Redis: accepted submissions without a result, and which of them
// stand in the queue or run. The submission service adds (and compares with PostgreSQL now and
// then), notification takes away when a result is stored; both only by scripts that hold this
// function, so that the sums cannot part from the sets. Adding and taking away twice changes
// nothing.
#pragma once

#include <string>
#include <string_view>

namespace sluice::messages {

// flight_end(all, standing, facts, id): 1 when it stood in the queue. facts: "i:<id>" → "<bytes>:
// <API key or nothing>", "bytes", and for each key "n:<key>" and "b:<key>".
inline constexpr std::string_view flight_end_lua = R"lua(
local function flight_end(all, standing, facts, id)
    redis.call('ZREM', all, id)
    local stood = redis.call('ZREM', standing, id)
    local fact = redis.call('HGET', facts, 'i:' .. id)
    if fact then
        local bytes, key = string.match(fact, '^(%d+):(.*)$')
        redis.call('HDEL', facts, 'i:' .. id)
        redis.call('HINCRBY', facts, 'bytes', '-' .. bytes)
        if key ~= '' then
            redis.call('HINCRBY', facts, 'b:' .. key, '-' .. bytes)
            if redis.call('HINCRBY', facts, 'n:' .. key, -1) <= 0 then
                redis.call('HDEL', facts, 'n:' .. key, 'b:' .. key)
            end
        end
    end
    if redis.call('ZCARD', all) == 0 then redis.call('DEL', facts) end
    return stood
end
)lua";

// flight_begin(all, standing, facts, id, expires, bytes, key, stands)
inline constexpr std::string_view flight_begin_lua = R"lua(
local function flight_begin(all, standing, facts, id, expires, bytes, key, stands)
    if stands then redis.call('ZADD', standing, expires, id) end
    redis.call('ZADD', all, expires, id)
    if redis.call('HSETNX', facts, 'i:' .. id, bytes .. ':' .. key) == 0 then return end
    redis.call('HINCRBY', facts, 'bytes', bytes)
    if key ~= '' then
        redis.call('HINCRBY', facts, 'n:' .. key, 1)
        redis.call('HINCRBY', facts, 'b:' .. key, bytes)
    end
end
)lua";

inline std::string flight_script(std::string_view body) {
    return std::string(flight_end_lua) + std::string(flight_begin_lua) + std::string(body);
}

}  // namespace sluice::messages
