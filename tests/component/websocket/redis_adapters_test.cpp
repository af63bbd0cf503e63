// Sessions, tickets and event streams on a real Redis.
#include "support.hpp"

#include "sluice/messages/tokens.hpp"

using namespace sluice;
using namespace sluice::websocket;
using namespace sluice::websocket::real;

namespace {

using strings = std::vector<std::string>;

struct registering : with_redis {
    sluice::testing::manual_clock time{system_clock().now()};
    redis_sessions sessions{client, time, "node-1", std::chrono::seconds(60)};

    stream_facts add(const std::string& session) {
        const caller who{user, messages::token_digest("of " + user)};
        return need(run([&] { return sessions.add(who, session); })).stream;
    }
    std::vector<user_id> refresh(const strings& ids) {
        session_registry::user_sessions all{{user, ids}};
        return need(run([&] { return sessions.refresh(all); }));
    }
};

struct reading : with_redis {
    redis_events events{client};
    std::vector<stored_event> read(stream_id after, std::int64_t count = 100) {
        return need(run([&] { return events.read(user, after, count); }));
    }
};

}  // namespace

TEST_CASE("a session is registered with its node and expires if nobody refreshes it") {
    registering r;
    r.add("s1");
    CHECK(r.members() == strings{"node-1/s1"});
    const auto score = r.command({"ZSCORE", keys::user_sessions(r.user), "node-1/s1"}).text;
    CHECK(std::stod(score) == Approx(static_cast<double>(unix_ms(r.time.now()) + 60'000)));
    const auto ttl = r.command({"PTTL", keys::user_sessions(r.user)}).integer;
    CHECK(ttl > 60'000);
    CHECK(ttl <= 120'000);
}

TEST_CASE("a user without events has no stream") {
    registering r;
    CHECK_FALSE(r.add("s1").exists);
}

TEST_CASE("a registration says how the stream looks") {
    registering r;
    const auto first = r.store("a");
    const auto last = r.store("b");
    const auto facts = r.add("s1");
    CHECK(facts.exists);
    CHECK(facts.first->to_string() == first);
    CHECK(facts.last_generated.to_string() == last);
    CHECK_FALSE(facts.is_trimmed);
}

TEST_CASE("a stream that was trimmed says so") {
    registering r;
    r.store("a");
    const auto second = r.store("b");
    const auto third = r.store("c");
    r.command({"XTRIM", keys::user_events(r.user), "MAXLEN", "1"});
    const auto facts = r.add("s1");
    CHECK(facts.first->to_string() == third);
    CHECK(facts.is_trimmed);
    CHECK(find_start(stream_id::parse(third), false, facts).resync == false);
    CHECK(find_start(stream_id::parse(second), false, facts).resync == true);
    CHECK(find_start(stream_id{1, 0}, false, facts).resync == true);
}

TEST_CASE("refreshing moves the expiry of registered sessions and finds nobody missing") {
    registering r;
    r.add("s1");
    r.add("s2");
    r.time.advance(std::chrono::seconds(20));
    CHECK(r.refresh({"s1", "s2"}).empty());
    const auto score = r.command({"ZSCORE", keys::user_sessions(r.user), "node-1/s2"}).text;
    CHECK(std::stod(score) == Approx(static_cast<double>(unix_ms(r.time.now()) + 60'000)));
}

TEST_CASE("a session that Redis lost is registered again and its user is named") {
    registering r;
    r.add("s1");
    r.command({"DEL", keys::user_sessions(r.user)});
    CHECK(r.refresh({"s1"}) == std::vector<user_id>{r.user});
    CHECK(r.members() == strings{"node-1/s1"});
}

TEST_CASE("sessions of nodes that are gone are cleared away once they expired") {
    registering r;
    r.command(
        {"ZADD",
         keys::user_sessions(r.user),
         std::to_string(unix_ms(r.time.now()) + 30'000),
         "dead-node/s0"}
    );
    r.add("s1");
    CHECK(r.members().size() == 2);
    r.time.advance(std::chrono::seconds(31));
    r.refresh({"s1"});
    CHECK(r.members() == strings{"node-1/s1"});
}

TEST_CASE("a session that ends is unregistered and its siblings stay") {
    registering r;
    r.add("s1");
    r.add("s2");
    r.run([&] { return r.sessions.remove(r.user, "s1"); });
    CHECK(r.members() == strings{"node-1/s2"});
}

TEST_CASE("hundreds of users are refreshed in one go") {
    registering r;
    session_registry::user_sessions all;
    for (int i = 0; i < 700; ++i)
        all.emplace_back(r.user + std::to_string(i), strings{"s"});
    const auto refresh = [&] { return need(r.run([&] { return r.sessions.refresh(all); })); };
    CHECK(refresh().size() == 700);
    CHECK(refresh().empty());
}

TEST_CASE("a ticket is redeemed once") {
    with_redis r;
    redis_tickets tickets(r.client, system_clock(), [] { return true; });
    const messages::ticket_entry entry{"alice", messages::token_digest("of " + r.user)};
    const auto put = [&] {
        r.command({"SET", keys::ticket("t-" + r.user), messages::encode_ticket_entry(entry)});
    };
    const auto redeem = [&](const std::string& ticket) {
        return need(r.run([&] { return tickets.redeem(ticket); }));
    };
    put();
    const auto who = redeem("t-" + r.user);
    REQUIRE(who);
    CHECK(who->user == "alice");
    CHECK(who->token_sha256 == entry.token_sha256);
    CHECK_FALSE(redeem("t-" + r.user));
    CHECK_FALSE(redeem("never issued"));
    put();
    r.command({"SET", keys::token(entry.token_sha256), std::string(messages::revoked_token)});
    CHECK_FALSE(redeem("t-" + r.user));
}

TEST_CASE("a session whose token was revoked meanwhile is told so when it registers") {
    registering r;
    const caller who{r.user, messages::token_digest("of " + r.user)};
    const caller other{r.user, messages::token_digest("another of " + r.user)};
    const auto is_revoked = [&](const caller& c) {
        return need(r.run([&] { return r.sessions.add(c, "s1"); })).token.is_revoked;
    };
    CHECK_FALSE(is_revoked(who));
    r.command({"SET", keys::token(who.token_sha256), std::string(messages::revoked_token)});
    CHECK(is_revoked(who));
    CHECK_FALSE(is_revoked(other));
    const strings both{other.token_sha256, who.token_sha256};
    const auto standings = need(r.run([&] { return r.sessions.standings(both); }));
    REQUIRE(standings.size() == 2);
    CHECK_FALSE(standings[0].is_revoked);
    CHECK_FALSE(standings[0].is_known);
    CHECK(standings[1].is_revoked);
}

TEST_CASE("a token's end is its own, or for a session that of its entry, whichever is sooner") {
    registering r;
    messages::token_entry entry;
    entry.id = uuid::random_v4();
    entry.owner = r.user;
    entry.scopes = "read,submit";
    const std::string sha256 = messages::token_digest("of " + r.user);
    const auto end_of = [&](bool is_session, std::optional<wall_time> ends, const char* lives) {
        entry.is_session = is_session;
        entry.expires_at_ms.reset();
        if (ends) entry.expires_at_ms = unix_ms(*ends);
        r.command({"SET", keys::token(sha256), messages::encode_token_entry(entry), "PX", lives});
        return need(r.run([&] { return r.sessions.add({r.user, sha256}, "s1"); })).token.ends_at;
    };
    const wall_time soon = r.time.now() + std::chrono::seconds(30);
    CHECK(end_of(false, soon, "60000") == soon);
    CHECK_FALSE(end_of(false, std::nullopt, "60000"));  // a copy of a key's row
    CHECK(end_of(true, soon, "60000") == soon);
    const auto idle = end_of(true, soon, "20000");
    REQUIRE(idle);
    CHECK(*idle <= r.time.now() + std::chrono::seconds(20));
    CHECK(*idle > r.time.now() + std::chrono::seconds(5));
}

TEST_CASE("a token is its user's while it lasts, and only if it may read and submit") {
    with_redis r;
    redis_tickets tickets(r.client, system_clock(), [] { return true; });
    const std::string token = "sls_" + r.user;
    messages::token_entry entry;
    entry.id = uuid::random_v4();
    entry.owner = r.user;
    entry.scopes = "read,submit,admin,account";
    const auto known = [&] { return need(r.run([&] { return tickets.user_of(token); })); };
    const auto put = [&](std::string text) {
        r.command({"SET", keys::token(messages::token_digest(token)), std::move(text)});
    };
    CHECK_FALSE(known());
    put(messages::encode_token_entry(entry));
    CHECK(known().value_or(caller{}).user == r.user);
    CHECK(known().value_or(caller{}).user == r.user);  // it is no ticket
    entry.expires_at_ms = unix_ms(system_clock().now()) - 1;
    put(messages::encode_token_entry(entry));
    CHECK_FALSE(known());
    entry.expires_at_ms.reset();
    for (const char* too_little : {"", "read", "submit", "readsubmit", "admin"}) {
        entry.scopes = too_little;
        put(messages::encode_token_entry(entry));
        CHECK_FALSE(known());
    }
    put(std::string(messages::revoked_token));
    CHECK_FALSE(known());
}

TEST_CASE("events are read page by page, each with its id in the frame") {
    reading r;
    strings ids;
    for (int i = 0; i < 5; ++i)
        ids.push_back(r.store(std::to_string(i)));
    const auto first = r.read(stream_id{}, 2);
    REQUIRE(first.size() == 2);
    CHECK(first[0].id.to_string() == ids[0]);
    CHECK(first[0].frame->find("\"event_id\":\"" + ids[0] + "\"") != std::string::npos);
    const auto second = r.read(first[1].id, 2);
    REQUIRE(second.size() == 2);
    CHECK(second[0].id.to_string() == ids[2]);
    CHECK(r.read(second[1].id, 2).size() == 1);
}

TEST_CASE("a user without a stream has no events") {
    reading r;
    CHECK(r.read(stream_id{}).empty());
}
