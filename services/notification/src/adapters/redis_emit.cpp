// See redis_emit.hpp. An event that was emitted before keeps its id and is only sent again: clients
// drop ids that they have seen. An event of a lower rank than the submission's state is dropped: a
// state never moves back. One that was overtaken before it was told is told by what overtook it.
#include "redis_emit.hpp"

#include "sluice/messages/flight.hpp"
#include "sluice/messages/topology.hpp"

namespace sluice::notification {
namespace {

const redis::script emit_script(messages::flight_script(R"lua(
local state, stream, sessions = KEYS[1], KEYS[2], KEYS[3]
local rank, type, status, frame = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local user, now = ARGV[5], ARGV[6]
local stream_length, stream_ttl_ms, state_ttl_ms = ARGV[7], ARGV[8], ARGV[9]
local node_prefix, finished_channel, only_if_missing = ARGV[10], ARGV[11], ARGV[12]

local queued_frame = ARGV[15]

local function store(kind, text, as_status, at_rank)
    local made = redis.call('XADD', stream, 'MAXLEN', '~', stream_length, '*', 'frame', text)
    redis.call('PEXPIRE', stream, stream_ttl_ms)
    redis.call('HSET', state, 'status', as_status, 'rank', at_rank, 'user', user, 'event:' .. kind, made)
    redis.call('PEXPIRE', state, state_ttl_ms)
    return made
end
local function send(id, text)
    local message
    local told = {}
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', sessions, now, '+inf')) do
        local node = string.match(member, '^(.*)/')
        if node and not told[node] then
            told[node] = true
            message = message or cjson.encode({user_id = user, event_id = id, frame = text})
            redis.call('PUBLISH', node_prefix .. node, message)
        end
    end
end

local known = redis.call('HMGET', state, 'rank', 'event:' .. type)
local id = known[2]
if id and only_if_missing ~= '' then
    return id
end
if not id then
    if known[1] and tonumber(known[1]) > rank then
        return ''
    end
    if queued_frame ~= '' and not known[1] then
        send(store('submission.queued', queued_frame, 'queued', 1), queued_frame)
    end
    id = store(type, frame, status, rank)
end
send(id, frame)
if finished_channel ~= '' then
    flight_end(KEYS[4], KEYS[5], KEYS[6], ARGV[13])
    if redis.call('ZCARD', KEYS[4]) > redis.call('ZCARD', KEYS[5]) then
        redis.call('PUBLISH', ARGV[14], user)
    end
    redis.call('PUBLISH', finished_channel, status)
end
return id
)lua"));

result<std::string> id_of(result<redis::reply> answer) {
    if (!answer) return answer.error();
    return std::move(answer->text);
}

}  // namespace

redis_emit::call redis_emit::call_of(emission e) const {
    call c;
    c.keys = {
        messages::keys::submission_state(e.id),
        messages::keys::user_events(e.user_id),
        messages::keys::user_sessions(e.user_id),
        messages::keys::flight_all(e.user_id),
        messages::keys::flight_standing(e.user_id),
        messages::keys::flight_facts(e.user_id),
    };
    c.arguments = {
        std::to_string(e.rank),
        e.part.empty() ? std::move(e.type) : e.type + ":" + e.part,
        std::move(e.status),
        std::move(e.frame),
        std::move(e.user_id),
        std::to_string(unix_ms(time_.now())),
        std::to_string(settings_.stream_length),
        std::to_string(settings_.stream_ttl.count()),
        std::to_string(settings_.state_ttl.count()),
        messages::keys::node_channel(""),
        e.is_final ? messages::keys::finished_channel(e.id) : std::string(),
        e.only_if_missing ? "1" : "",
        e.id.to_string(),
        std::string(messages::keys::flight_channel),
        std::move(e.queued_frame),
    };
    return c;
}

awaitable<std::vector<result<std::string>>> redis_emit::emit(std::vector<emission> events) {
    std::vector<call> calls;
    for (emission& e : events)
        calls.push_back(call_of(std::move(e)));
    std::vector<std::vector<std::string>> commands;
    for (const call& c : calls) {
        std::vector<std::string> words{
            "EVALSHA",
            emit_script.sha1(),
            std::to_string(c.keys.size())};
        words.insert(words.end(), c.keys.begin(), c.keys.end());
        words.insert(words.end(), c.arguments.begin(), c.arguments.end());
        commands.push_back(std::move(words));
    }
    auto answers = co_await client_.pipeline(std::move(commands));
    std::vector<result<std::string>> out;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        // The server forgot the script (it restarted): eval() brings it along.
        if (!answers[i] && answers[i].error().detail.starts_with("NOSCRIPT")) {
            auto again = co_await client_.eval(
                emit_script,
                std::move(calls[i].keys),
                std::move(calls[i].arguments)
            );
            out.push_back(id_of(std::move(again)));
        } else {
            out.push_back(id_of(std::move(answers[i])));
        }
    }
    co_return out;
}

}  // namespace sluice::notification
