// Sessions stay registered; whoever was not replays, and only after the registration.
#include "heartbeat.hpp"

#include "fakes.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::websocket;
using namespace sluice::websocket::testing;

namespace {

struct listener final : hub_member {
    explicit listener(std::string u) : name(std::move(u)) {}
    const std::string& session_id() const override { return id; }
    const user_id& user() const override { return name; }
    const std::string& token_sha256() const override { return token; }
    void on_event(const stored_event&) override {}
    void on_gap() override { ++gaps; }
    void on_token_end(token_end why) override {
        ++(why == token_end::revoked ? revocations : expiries);
    }
    std::string id = "s";
    user_id name;
    int gaps = 0;
    std::string token;
    int revocations = 0;
    int expiries = 0;
};

struct beating {
    asio::io_context io;
    hub members;
    listener alice{"alice"}, bob{"bob"};
    fake_registry registry;
    probe metrics;
    heartbeat beat{io.get_executor(), members, registry, metrics, std::chrono::milliseconds(5)};
    bool is_over = false;

    beating() {
        members.join(alice);
        members.join(bob);
    }
    // Until `enough` refreshes succeeded or failed, then to the end.
    void run(int enough, const std::function<void()>& first) {
        first();
        asio::co_spawn(io, beat.run(), [this](std::exception_ptr) { is_over = true; });
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (registry.refreshes < enough && io.run_one_until(until) > 0) {
        }
        beat.stop();
        while (!is_over && io.run_one_until(until) > 0) {
        }
        REQUIRE(is_over);
        REQUIRE(registry.refreshes >= enough);
    }
};

}  // namespace

TEST_CASE("all sessions are refreshed at the interval") {
    beating b;
    b.run(2, [] {});
    CHECK(b.registry.last.size() == 2);
    CHECK(b.alice.gaps == 0);
}

TEST_CASE("a gap makes every session replay, after the refresh") {
    beating b;
    int gaps_at_refresh = -1;
    b.registry.on_refresh = [&] {
        if (gaps_at_refresh < 0) gaps_at_refresh = b.alice.gaps;
    };
    b.run(2, [&] { b.beat.on_gap(); });
    CHECK(gaps_at_refresh == 0);
    CHECK(b.alice.gaps == 1);
    CHECK(b.bob.gaps == 1);
}

TEST_CASE("a gap is not forgotten when the refresh fails") {
    beating b;
    b.registry.failures = 2;
    b.run(4, [&] { b.beat.on_gap(); });
    CHECK(b.alice.gaps == 1);
}

TEST_CASE("a user whose session was not registered any more replays, others do not") {
    beating b;
    b.registry.missing = {"alice"};
    b.registry.on_refresh = [&] {
        if (b.registry.refreshes > 1) b.registry.missing.clear();
    };
    b.run(3, [] {});
    CHECK(b.alice.gaps == 1);
    CHECK(b.bob.gaps == 0);
}

TEST_CASE("after a gap the tokens of all sessions are looked at") {
    beating b;
    b.members.leave(b.alice);
    b.alice.token = "t1";
    b.members.join(b.alice);
    b.registry.revoked = {"t1"};
    b.registry.on_refresh = [&] { CHECK(b.alice.revocations == 0); };
    b.run(1, [&] { b.beat.on_gap(); });
    CHECK(b.alice.revocations == 1);
    CHECK(b.bob.revocations == 0);
}
