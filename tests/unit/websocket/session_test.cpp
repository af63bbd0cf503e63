// The coroutines around the machine: welcome first, then what was missed, then live.
#include "session.hpp"

#include "fakes.hpp"

#include "sluice/testing/manual_clock.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::websocket;
using namespace sluice::websocket::testing;

namespace {

struct node {
    asio::io_context io;
    hub members;
    fake_registry registry;
    fake_events events;
    sluice::testing::manual_clock time;
    probe metrics;
    runtime::gate background{io.get_executor(), {}};
    fake_live store;
    output_hub outputs{store};
    live_services watching{outputs, store, time, background, std::chrono::milliseconds(0)};
    session_services
        services{members, registry, events, time, metrics, background, watching, "n1", 2, 4};
    std::shared_ptr<fake_connection> connection =
        std::make_shared<fake_connection>(io.get_executor());
    std::shared_ptr<session> one;
    bool is_over = false;

    void connect(std::optional<std::string> last = std::nullopt) {
        one = std::make_shared<session>(
            io.get_executor(),
            services,
            connection,
            caller{"alice", "t"}
        );
        asio::co_spawn(io, one->run(std::move(last)), [this](std::exception_ptr) {
            is_over = true;
        });
        settle();
    }
    // Everything that can happen without waiting happens.
    void settle() {
        io.restart();
        io.poll();
    }
    ~node() {
        connection->incoming.close();
        settle();
        sluice::testing::run_coro(io, [&] { return background.close(std::chrono::seconds(1)); });
    }
    std::vector<std::string> after_welcome() const {
        return {connection->sent.begin() + 1, connection->sent.end()};
    }
    stored_event live(std::uint64_t ms) {
        return {stream_id{ms, 0}, std::make_shared<const std::string>(std::to_string(ms))};
    }
    void has_stream(std::initializer_list<std::uint64_t> ids) {
        for (const auto ms : ids)
            events.store(ms);
        registry.facts.exists = true;
        registry.facts.first = events.stream.front().id;
        registry.facts.last_generated = events.stream.back().id;
    }
};

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a session says welcome first and is registered") {
    node n;
    n.connect();
    REQUIRE(n.connection->sent.size() == 1);
    const auto frame = nlohmann::json::parse(n.connection->sent[0]);
    CHECK(frame["type"] == "welcome");
    CHECK(frame["data"]["user_id"] == "alice");
    CHECK(frame["data"]["node"] == "n1");
    CHECK(frame["data"]["resync"] == false);
    CHECK(n.registry.registered.contains(frame["data"]["session_id"].get<std::string>()));
}

TEST_CASE("a client that comes back gets what it missed, page by page") {
    node n;
    n.has_stream({1, 2, 3, 4, 5, 6});
    n.connect("2-0");
    CHECK(n.after_welcome() == strings{"3", "4", "5", "6"});
}

TEST_CASE("a client without an id gets live events only") {
    node n;
    n.has_stream({1, 2, 3});
    n.connect();
    CHECK(n.after_welcome().empty());
    n.one->on_event(n.live(4));
    CHECK(n.after_welcome() == strings{"4"});
}

TEST_CASE("a malformed id asks for a resync and gets live events only") {
    node n;
    n.has_stream({1, 2, 3});
    n.connect("yesterday");
    const auto frame = nlohmann::json::parse(n.connection->sent.at(0));
    CHECK(frame["data"]["resync"] == true);
    CHECK(n.after_welcome().empty());
}

TEST_CASE("a replay that fails is tried again") {
    node n;
    n.has_stream({1, 2, 3});
    n.events.failures = 1;
    n.connect("0-0");
    CHECK(n.after_welcome().empty());
    while (n.after_welcome().size() < 3 && n.io.run_one_for(std::chrono::seconds(5)) > 0) {
    }
    CHECK(n.after_welcome() == strings{"1", "2", "3"});
}

TEST_CASE("after a gap the session replays from the last event that it sent") {
    node n;
    n.has_stream({1, 2});
    n.connect();
    n.events.store(3);
    n.events.store(4);
    n.one->on_gap();
    n.settle();
    CHECK(n.after_welcome() == strings{"3", "4"});
}

TEST_CASE("a ping is answered") {
    node n;
    n.connect();
    n.connection->incoming.try_push(R"({"type":"ping","request_id":"1"})");
    n.settle();
    REQUIRE(n.after_welcome().size() == 1);
    CHECK(nlohmann::json::parse(n.after_welcome()[0])["type"] == "ack");
}

TEST_CASE("a session that cannot be registered is told to try again later") {
    node n;
    n.registry.is_away = true;
    n.connect();
    CHECK(n.connection->code == ws::close_code::try_again_later);
    CHECK(n.is_over);
    CHECK(n.members.size() == 0);
}

TEST_CASE("a client that does not keep up is counted and hears no more") {
    node n;
    n.connect();
    const double before = n.metrics.slow_clients.value();
    n.connection->is_full = true;
    n.one->on_event(n.live(4));
    n.one->on_event(n.live(5));
    CHECK(n.metrics.slow_clients.value() == before + 1);
    n.settle();
    CHECK(n.is_over);
}

TEST_CASE("a session that ends is unregistered and leaves the hub") {
    node n;
    n.connect();
    CHECK(n.members.size() == 1);
    n.connection->incoming.close();
    n.settle();
    CHECK(n.is_over);
    CHECK(n.members.size() == 0);
    CHECK(n.registry.registered.empty());
}

TEST_CASE("a session whose token is revoked is closed and sends nothing more") {
    node n;
    n.connect();
    n.members.end({"t"}, token_end::revoked);
    CHECK(n.connection->code == ws::close_code::policy);
    n.one->on_event(n.live(4));
    CHECK(n.after_welcome().empty());
}

TEST_CASE("a token that was revoked during the handshake opens nothing") {
    node n;
    n.registry.revoked = {"t"};
    n.connect();
    CHECK(n.connection->code == ws::close_code::policy);
    CHECK(n.connection->sent.empty());
}

TEST_CASE("the end of its token is known once a session is registered") {
    node n;
    n.registry.ends["t"] = from_unix_ms(5000);
    n.connect();
    CHECK(n.members.next_token_end() == from_unix_ms(5000));
    n.members.end({"t"}, token_end::expired);
    CHECK(n.connection->code == ws::close_code::policy);
    CHECK(n.is_over == false);
    n.settle();
    CHECK(n.is_over);
}
