// See redis_sessions.hpp.
#include "redis_sessions.hpp"

#include "sluice/messages/tokens.hpp"
#include "sluice/messages/topology.hpp"

#include <algorithm>

namespace sluice::websocket {
namespace {

using command = std::vector<std::string>;

constexpr std::size_t users_per_write = 300;
constexpr std::size_t commands_per_user = 3;

void add_look(std::vector<command>& out, const std::string& sha256) {
    const std::string key = messages::keys::token(sha256);
    out.push_back({"GET", key});
    out.push_back({"PTTL", key});
}

stream_id id_or_zero(const redis::reply& r) {
    return stream_id::parse(r.text).value_or(stream_id{});
}

// The answers to GET and PTTL of its entry. A session's entry lives as long as the session may stay
// idle, each use prolongs it; a key's is a copy that is looked up again when it has lapsed.
token_standing
read_standing(const redis::reply& entry, const redis::reply& left_ms, wall_time now) {
    token_standing out;
    out.is_revoked = entry.text == messages::revoked_token;
    if (entry.is_nil() || out.is_revoked) return out;
    const auto token = messages::decode_token_entry(entry.text);
    if (!token) return out;
    out.is_known = true;
    if (token->expires_at_ms) out.ends_at = from_unix_ms(*token->expires_at_ms);
    if (token->is_session && left_ms.integer >= 0) {
        const wall_time idle = now + std::chrono::milliseconds(left_ms.integer);
        out.ends_at = out.ends_at ? std::min(*out.ends_at, idle) : idle;
    }
    return out;
}

// XINFO STREAM: a flat list of names and values.
stream_facts read_facts(const redis::reply& r) {
    stream_facts facts;
    facts.exists = true;
    std::int64_t length = 0;
    std::int64_t added = 0;
    for (std::size_t i = 0; i + 1 < r.items.size(); i += 2) {
        const std::string& name = r.items[i].text;
        const redis::reply& value = r.items[i + 1];
        if (name == "last-generated-id") facts.last_generated = id_or_zero(value);
        if (name == "length") length = value.integer;
        if (name == "entries-added") added = value.integer;
        if (name == "first-entry" && !value.items.empty()) {
            facts.first = stream_id::parse(value.items.front().text);
        }
    }
    facts.is_trimmed = added > length;
    return facts;
}

}  // namespace

void redis_sessions::add_commands(
    std::vector<command>& out,
    const sluice::user_id& user,
    const std::vector<std::string>& sessions
) const {
    const std::string key = messages::keys::user_sessions(user);
    const std::int64_t now = unix_ms(time_.now());
    command add{"ZADD", key};
    for (const std::string& session : sessions) {
        add.push_back(std::to_string(now + ttl_.count()));
        add.push_back(node_ + "/" + session);
    }
    out.push_back(std::move(add));
    out.push_back({"PEXPIRE", key, std::to_string(2 * ttl_.count())});
    // What nodes left behind that are gone.
    out.push_back({"ZREMRANGEBYSCORE", key, "-inf", "(" + std::to_string(now)});
}

awaitable<result<registration>> redis_sessions::add(caller who, std::string session) {
    std::vector<command> commands;
    // First: an event that is stored after this is either live or above last_generated.
    commands.push_back({"XINFO", "STREAM", messages::keys::user_events(who.user)});
    add_look(commands, who.token_sha256);
    std::vector<std::string> one(1, std::move(session));
    add_commands(commands, who.user, one);
    auto answers = co_await client_.pipeline(std::move(commands));
    if (!answers[1]) co_return answers[1].error();
    if (!answers[2]) co_return answers[2].error();
    if (!answers[3]) co_return answers[3].error();
    registration out;
    out.token = read_standing(*answers[1], *answers[2], time_.now());
    if (answers[0]) {
        out.stream = read_facts(*answers[0]);
        co_return out;
    }
    // A user who never had an event has no stream.
    const error& why = answers[0].error();
    if (why == errc::refused && why.detail.find("no such key") != std::string::npos) co_return out;
    co_return why;
}

awaitable<result<std::vector<token_standing>>> redis_sessions::standings(
    std::vector<std::string> sha256s
) {
    std::vector<token_standing> out;
    for (std::size_t from = 0; from < sha256s.size(); from += users_per_write) {
        const std::size_t to = std::min(sha256s.size(), from + users_per_write);
        std::vector<command> commands;
        for (std::size_t i = from; i < to; ++i)
            add_look(commands, sha256s[i]);
        auto answers = co_await client_.pipeline(std::move(commands));
        for (std::size_t i = 0; i < answers.size(); i += 2) {
            if (!answers[i]) co_return answers[i].error();
            if (!answers[i + 1]) co_return answers[i + 1].error();
            out.push_back(read_standing(*answers[i], *answers[i + 1], time_.now()));
        }
    }
    co_return out;
}

awaitable<void> redis_sessions::remove(sluice::user_id user, std::string session) {
    command c{"ZREM", messages::keys::user_sessions(user), node_ + "/" + session};
    auto removed = co_await client_.command(std::move(c));
    // With Redis away the entry expires by itself.
    static_cast<void>(removed);
}

awaitable<result<std::vector<sluice::user_id>>> redis_sessions::refresh(user_sessions all) {
    std::vector<sluice::user_id> missing;
    for (std::size_t from = 0; from < all.size(); from += users_per_write) {
        const std::size_t to = std::min(all.size(), from + users_per_write);
        std::vector<command> commands;
        for (std::size_t i = from; i < to; ++i)
            add_commands(commands, all[i].first, all[i].second);
        auto answers = co_await client_.pipeline(std::move(commands));
        for (std::size_t i = from; i < to; ++i) {
            const auto& added = answers[(i - from) * commands_per_user];
            if (!added) co_return added.error();
            if (added->integer > 0) missing.push_back(all[i].first);
        }
    }
    co_return missing;
}

awaitable<result<std::optional<caller>>> redis_tickets::redeem(std::string ticket) {
    command c{"GETDEL", messages::keys::ticket(ticket)};
    auto answer = co_await client_.command(std::move(c));
    if (!answer) co_return answer.error();
    std::optional<caller> who;
    if (answer->is_nil()) co_return who;
    auto entry = messages::decode_ticket_entry(answer->text);
    if (!entry) co_return who;
    command look{"GET", messages::keys::token(entry->token_sha256)};
    const auto token = co_await client_.command(std::move(look));
    if (!token) co_return token.error();
    if (token->text == messages::revoked_token) co_return who;
    who.emplace();
    who->user = std::move(entry->owner);
    who->token_sha256 = std::move(entry->token_sha256);
    co_return who;
}

// The entry may outlive the token by a moment, so its own end is looked at too. A connection can
// steer programs: a key that may only look is not enough.
awaitable<result<std::optional<caller>>> redis_tickets::user_of(std::string token) {
    std::string digest = messages::token_digest(token);
    command c{"GET", messages::keys::token(digest)};
    auto answer = co_await client_.command(std::move(c));
    if (!answer) co_return answer.error();
    std::optional<caller> who;
    if (answer->is_nil()) co_return who;
    auto entry = messages::decode_token_entry(answer->text);
    if (!entry) co_return who;
    if (entry->expires_at_ms && *entry->expires_at_ms <= unix_ms(time_.now())) co_return who;
    const std::string scopes = "," + entry->scopes + ",";
    const bool is_enough =
        scopes.find(",read,") != std::string::npos && scopes.find(",submit,") != std::string::npos;
    if (!is_enough) co_return who;
    who.emplace();
    who->user = std::move(entry->owner);
    who->token_sha256 = std::move(digest);
    co_return who;
}

}  // namespace sluice::websocket
