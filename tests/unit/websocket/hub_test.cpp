// The right user's sessions hear of an event, each once.
#include "hub.hpp"

#include "sluice/messages/json.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::websocket;

namespace {

struct listener final : hub_member {
    listener(std::string i, std::string u) : id(std::move(i)), name(std::move(u)) {}
    const std::string& session_id() const override { return id; }
    const user_id& user() const override { return name; }
    const std::string& token_sha256() const override { return token; }
    void on_event(const stored_event& e) override { heard.push_back(*e.frame); }
    void on_gap() override { ++gaps; }
    void on_token_end(token_end why) override {
        ++(why == token_end::revoked ? revocations : expiries);
    }
    std::string id;
    user_id name;
    std::vector<std::string> heard;
    int gaps = 0;
    std::string token;
    int revocations = 0;
    int expiries = 0;
};

std::string message(const std::string& user, const std::string& id = "5-0") {
    return messages::encode_routed_event({user, id, R"({"type":"x"})"});
}

}  // namespace

TEST_CASE("every session of the event's user hears of it, and nobody else's") {
    hub h;
    listener first("1", "alice"), second("2", "alice"), other("3", "bob");
    for (auto* l : {&first, &second, &other})
        h.join(*l);
    CHECK(h.deliver(message("alice")));
    CHECK(first.heard.size() == 1);
    CHECK(second.heard.size() == 1);
    CHECK(other.heard.empty());
}

TEST_CASE("a delivered frame has its event id") {
    hub h;
    listener l("1", "alice");
    h.join(l);
    h.deliver(message("alice", "7-3"));
    REQUIRE(l.heard.size() == 1);
    CHECK(l.heard[0].find(R"("event_id":"7-3")") != std::string::npos);
}

TEST_CASE("who left hears nothing more") {
    hub h;
    listener l("1", "alice");
    h.join(l);
    h.leave(l);
    CHECK(h.deliver(message("alice")));
    CHECK(l.heard.empty());
    CHECK(h.size() == 0);
}

TEST_CASE("what is no event is not delivered") {
    hub h;
    listener l("1", "alice");
    h.join(l);
    CHECK_FALSE(h.deliver("hello"));
    CHECK_FALSE(h.deliver(message("alice", "no id")));
    CHECK(l.heard.empty());
}

TEST_CASE("a gap of one user is told to his sessions alone") {
    hub h;
    listener a("1", "alice"), b("2", "bob");
    h.join(a);
    h.join(b);
    h.gap("alice");
    CHECK(a.gaps == 1);
    CHECK(b.gaps == 0);
    h.gap_all();
    CHECK(a.gaps == 2);
    CHECK(b.gaps == 1);
}

TEST_CASE("the sessions are listed by user") {
    hub h;
    listener a("1", "alice"), b("2", "alice");
    h.join(a);
    h.join(b);
    const auto all = h.sessions();
    REQUIRE(all.size() == 1);
    CHECK(all[0].first == "alice");
    CHECK(all[0].second.size() == 2);
    CHECK(h.size() == 2);
}

TEST_CASE("a revocation is told to the sessions that the token opened, and to no other") {
    hub h;
    listener first("1", "alice"), second("2", "alice"), other("3", "alice"), nobody("4", "alice");
    first.token = second.token = "t1";
    other.token = "t2";
    for (auto* l : {&first, &second, &other, &nobody})
        h.join(*l);
    h.end({"t1", "t3", ""}, token_end::revoked);
    CHECK(first.revocations == 1);
    CHECK(second.revocations == 1);
    CHECK(other.revocations == 0);
    CHECK(nobody.revocations == 0);
    CHECK(h.tokens().size() == 2);
    h.leave(first);
    h.leave(second);
    h.end({"t1"}, token_end::revoked);
    CHECK(first.revocations == 1);
    CHECK(h.tokens() == std::vector<std::string>{"t2"});
}

TEST_CASE("the soonest end of all tokens is known, and whose it is") {
    hub h;
    listener first("1", "alice"), second("2", "alice"), other("3", "bob");
    first.token = second.token = "t1";
    other.token = "t2";
    for (auto* l : {&first, &second, &other})
        h.join(*l);
    int calls = 0;
    h.on_sooner_end = [&calls] { ++calls; };
    CHECK(h.next_token_end() == wall_time::max());
    h.set_token_end("t1", from_unix_ms(2000));
    h.set_token_end("t2", from_unix_ms(1000));
    h.set_token_end("of nobody here", from_unix_ms(10));
    h.set_token_end("t1", from_unix_ms(3000));
    CHECK(calls == 2);
    CHECK(h.next_token_end() == from_unix_ms(1000));
    CHECK(h.tokens_due(from_unix_ms(999)).empty());
    CHECK(h.tokens_due(from_unix_ms(1000)) == std::vector<std::string>{"t2"});
    CHECK(h.next_token_end() == from_unix_ms(3000));
    h.leave(first);
    CHECK(h.tokens_due(from_unix_ms(3000)) == std::vector<std::string>{"t1"});
    CHECK(h.next_token_end() == wall_time::max());
    h.set_token_end("t1", from_unix_ms(4000));
    h.leave(second);
    CHECK(h.tokens_due(from_unix_ms(5000)).empty());
}
