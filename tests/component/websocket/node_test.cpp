// A node's sessions on a real Redis that stops, comes back, and may have lost its data: every event
// once and in order. The connections are fakes; libs/ws is tested by itself.
#include "../../unit/websocket/fakes.hpp"
#include "heartbeat.hpp"
#include "session.hpp"
#include "support.hpp"

#include "sluice/redis/subscriber.hpp"

#include <boost/asio/co_spawn.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::websocket;
using namespace sluice::websocket::real;
using sluice::websocket::testing::fake_connection;
using sluice::websocket::testing::fake_live;

namespace {

using strings = std::vector<std::string>;

struct node : with_redis {
    std::string name = "node-" + uuid::random_v4().to_string();
    hub members;
    probe metrics;
    redis_sessions registry{client, system_clock(), name, std::chrono::seconds(60)};
    redis_events events{client};
    runtime::gate background{io.get_executor(), {}};
    heartbeat beat{io.get_executor(), members, registry, metrics, std::chrono::seconds(20)};
    fake_live nobody_watches;
    output_hub outputs{nobody_watches};
    live_services live{outputs, nobody_watches, system_clock(), background};
    session_services
        services{members, registry, events, system_clock(), metrics, background, live, name, 3, 4};
    redis::subscriber channel{
        io.get_executor(),
        "node channel",
        settings,
        [this](std::string_view, std::string_view payload) { members.deliver(payload); },
        [this] { beat.on_gap(); }};
    std::vector<std::shared_ptr<fake_connection>> connections;

    node() {
        const auto until = deadline::in(std::chrono::seconds(10));
        need(run([&] { return channel.connect(until); }));
        need(run([&] { return channel.subscribe(keys::node_channel(name)); }));
        background.spawn("heartbeat", beat.run());
    }
    ~node() {
        for (auto& c : connections)
            c->incoming.close();
        beat.stop();
        run([&] { return background.close(std::chrono::seconds(5)); });
        run([&] { return channel.close(); });
    }
    // A connection that has its welcome.
    fake_connection& connect(std::optional<std::string> last = std::nullopt) {
        auto c = std::make_shared<fake_connection>(io.get_executor());
        auto one = std::make_shared<session>(io.get_executor(), services, c, caller{user, "t"});
        connections.push_back(c);
        background.spawn("session", one->run(std::move(last)));
        until([&] { return !c->sent.empty(); });
        return *c;
    }
    void until(const std::function<bool()>& condition) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition()) {
            if (io.stopped()) io.restart();
            if (io.run_one_until(give_up) == 0) throw std::runtime_error("in vain");
        }
    }
    // As notification does: into the stream, then to the nodes.
    std::string emit(const std::string& text) {
        const auto id = store(text);
        send(id, text);
        return id;
    }
    void send(const std::string& id, const std::string& text) {
        const auto message = messages::encode_routed_event({user, id, R"({"t":")" + text + "\"}"});
        command({"PUBLISH", keys::node_channel(name), message});
    }
    void wait_for_redis() {
        until([&] { return client.is_connected() && channel.is_connected(); });
    }
};

strings texts(const fake_connection& c) {
    strings out;
    for (std::size_t i = 1; i < c.sent.size(); ++i)
        out.push_back(nlohmann::json::parse(c.sent[i])["t"]);
    return out;
}

}  // namespace

TEST_CASE("a live event reaches every session of its user with its id") {
    node n;
    auto& first = n.connect();
    auto& second = n.connect();
    const auto id = n.emit("a");
    n.until([&] { return texts(first).size() == 1 && texts(second).size() == 1; });
    CHECK(nlohmann::json::parse(first.sent[1])["event_id"] == id);
}

TEST_CASE("a client that comes back gets all that it missed in order, over several pages") {
    node n;
    const auto seen = n.emit("0");
    strings missed;
    for (int i = 1; i <= 10; ++i) {
        missed.push_back(std::to_string(i));
        n.emit(missed.back());
    }
    auto& c = n.connect(seen);
    n.until([&] { return texts(c).size() == 10; });
    CHECK(texts(c) == missed);
    CHECK(nlohmann::json::parse(c.sent[0])["data"]["resync"] == false);
    CHECK(nlohmann::json::parse(c.sent[0])["data"]["last_event_id"] == seen);
}

TEST_CASE("the last event id of the welcome is where a further connection may begin") {
    node n;
    n.emit("before");
    auto& first = n.connect();
    const std::string from = nlohmann::json::parse(first.sent[0])["data"]["last_event_id"];
    n.emit("after");
    auto& second = n.connect(from);
    n.until([&] { return !texts(second).empty(); });
    CHECK(texts(second) == strings{"after"});
}

TEST_CASE("an event that is sent again is received once") {
    node n;
    auto& c = n.connect();
    const auto id = n.emit("a");
    n.send(id, "a");
    n.emit("b");
    n.until([&] { return texts(c).size() >= 2; });
    CHECK(texts(c) == strings{"a", "b"});
}

TEST_CASE("events that were stored but not sent are replayed after a gap") {
    node n;
    auto& c = n.connect();
    n.emit("a");
    n.until([&] { return texts(c).size() == 1; });
    n.store("b");  // sent while this node did not listen
    n.store("c");
    n.beat.on_gap();
    n.until([&] { return texts(c).size() == 3; });
    CHECK(texts(c) == strings{"a", "b", "c"});
}

TEST_CASE("a Redis that comes back without its data has the sessions again, and events flow") {
    node n;
    auto& c = n.connect();
    const auto first = n.emit("a");
    n.until([&] { return texts(c).size() == 1; });
    redis_server().kill_hard();
    n.until([&] { return !n.client.is_connected() && !n.channel.is_connected(); });
    redis_server().restart();  // this one keeps nothing on disk
    n.wait_for_redis();
    n.until([&] {
        if (!n.client.is_connected()) return false;
        return n.with_redis::members().size() == 1;
    });
    const auto second = n.emit("b");
    n.until([&] { return texts(c).size() == 2; });
    CHECK(texts(c) == strings{"a", "b"});
    CHECK(*stream_id::parse(first) < *stream_id::parse(second));
    CHECK_FALSE(c.code);
}

TEST_CASE("a session that ends is unregistered") {
    node n;
    auto& c = n.connect();
    CHECK(n.with_redis::members().size() == 1);
    c.incoming.close();
    n.until([&] { return n.members.size() == 0; });
    CHECK(n.with_redis::members().empty());
}
