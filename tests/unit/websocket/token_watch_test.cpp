// Connections end with their tokens, and not before.
#include "token_watch.hpp"

#include "fakes.hpp"

#include "sluice/testing/manual_clock.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::websocket;
using namespace sluice::websocket::testing;
using namespace std::chrono_literals;

namespace {

struct holder final : hub_member {
    explicit holder(std::string t) : token(std::move(t)) {}
    const std::string& session_id() const override { return token; }
    const user_id& user() const override { return name; }
    const std::string& token_sha256() const override { return token; }
    void on_event(const stored_event&) override {}
    void on_gap() override {}
    void on_token_end(token_end why) override { ended = why; }
    user_id name = "alice";
    std::string token;
    std::optional<token_end> ended;
};

struct watching {
    asio::io_context io;
    sluice::testing::manual_clock time;
    hub members;
    fake_registry registry;
    holder one{"t1"}, other{"t2"};
    token_watch watch{io.get_executor(), members, registry, time};

    watching() {
        members.join(one);
        members.join(other);
        ends("t1", 10s);
        ends("t2", 60s);
    }
    void ends(const std::string& token, std::chrono::milliseconds later) {
        registry.ends[token] = time.now() + later;
        members.set_token_end(token, time.now() + later);
    }
    void look() {
        sluice::testing::run_coro(io, [&] { return watch.look(); });
    }
};

}  // namespace

TEST_CASE("a connection ends with its token, and no other does") {
    watching w;
    w.time.advance(9s);
    w.look();
    CHECK(w.registry.looks == 0);
    w.time.advance(1s);
    w.look();
    CHECK(w.one.ended == token_end::expired);
    CHECK_FALSE(w.other.ended);
}

TEST_CASE("a session that was prolonged meanwhile goes on to its new end") {
    watching w;
    w.time.advance(10s);
    w.registry.ends["t1"] = w.time.now() + 5s;
    w.look();
    CHECK_FALSE(w.one.ended);
    CHECK(w.members.next_token_end() == w.time.now() + 5s);
    w.time.advance(5s);
    w.look();
    CHECK(w.one.ended == token_end::expired);
}

TEST_CASE("a token whose entry has lapsed was not prolonged") {
    watching w;
    w.time.advance(10s);
    w.registry.ends.erase("t1");
    w.look();
    CHECK(w.one.ended == token_end::expired);
}

TEST_CASE("while Redis is away nobody is closed, and it is asked again") {
    watching w;
    w.time.advance(10s);
    w.registry.is_away = true;
    w.look();
    CHECK_FALSE(w.one.ended);
    CHECK(w.members.next_token_end() == w.time.now() + 2s);
    w.registry.is_away = false;
    w.time.advance(2s);
    w.look();
    CHECK(w.one.ended == token_end::expired);
}

TEST_CASE("the watch wakes for an end that is sooner than what it slept for") {
    watching w;
    bool is_over = false;
    asio::co_spawn(w.io, w.watch.run(), [&](std::exception_ptr) { is_over = true; });
    w.io.poll();
    CHECK(w.registry.looks == 0);
    w.ends("t2", -1s);
    const auto until = std::chrono::steady_clock::now() + 10s;
    while (!w.other.ended && w.io.run_one_until(until) > 0) {
    }
    CHECK(w.other.ended == token_end::expired);
    CHECK_FALSE(w.one.ended);
    w.watch.stop();
    while (!is_over && w.io.run_one_until(until) > 0) {
    }
    CHECK(is_over);
}
