// Watching and steering as a session does it: whose a submission is, output in order, gaps, the
// end.
#include "fakes.hpp"
#include "session.hpp"

#include "sluice/messages/json.hpp"
#include "sluice/messages/live.hpp"
#include "sluice/testing/manual_clock.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::websocket;
using namespace sluice::websocket::testing;
using nlohmann::json;

namespace {

constexpr const char* some_id = "01934e5a-7b3c-7def-8123-456789abcdef";

domain::output_piece a_piece(std::int64_t seq, std::int64_t skipped = 0, std::int64_t attempt = 1) {
    domain::output_piece p;
    p.id = *submission_id::parse(some_id);
    p.correlation_id = *correlation_id::parse("3f2b8c1d-4e5f-4a6b-9c8d-7e6f5a4b3c2d");
    p.attempt = attempt;
    p.seq = seq;
    p.skipped = skipped;
    p.data = std::to_string(seq);
    return p;
}

struct node {
    asio::io_context io;
    hub members;
    fake_registry registry;
    fake_events events;
    sluice::testing::manual_clock time;
    probe metrics;
    runtime::gate background{io.get_executor(), {}};
    fake_live live;
    output_hub outputs{live};
    live_services watching{outputs, live, time, background, std::chrono::milliseconds(0)};
    session_services
        services{members, registry, events, time, metrics, background, watching, "n1", 2, 4};
    std::shared_ptr<fake_connection> connection =
        std::make_shared<fake_connection>(io.get_executor());

    node() {
        live.known[some_id] = {"alice", false};
        auto one = std::make_shared<session>(
            io.get_executor(),
            services,
            connection,
            caller{"alice", "t"}
        );
        asio::co_spawn(io, one->run(std::nullopt), [](std::exception_ptr) {});
        settle();
        connection->sent.clear();
    }
    ~node() {
        connection->incoming.close();
        settle();
        sluice::testing::run_coro(io, [&] { return background.close(std::chrono::seconds(1)); });
    }
    void settle() {
        io.restart();
        io.poll();
    }
    void send(const char* type, json data = json::object()) {
        const json frame = {
            {"type", type},
            {"request_id", 1},
            {"submission_id", some_id},
            {"data", data}};
        REQUIRE(connection->incoming.try_push(frame.dump()));
        settle();
    }
    void store(std::initializer_list<std::int64_t> seqs) {
        for (const auto seq : seqs)
            live.stored.push_back(*read_piece(messages::encode(a_piece(seq))));
    }
    void print(const domain::output_piece& p) {
        CHECK(outputs.deliver(messages::encode(p)));
        settle();
    }
    void finish() {
        const json frame = {{"type", "submission.finished"}, {"submission_id", some_id}};
        messages::routed_event e{"alice", "5-0", frame.dump()};
        members.deliver(messages::encode_routed_event(e));
        settle();
    }
    // "ack", "error:<code>", "gap 2-3", output as its data, events as their type.
    std::vector<std::string> told() const {
        std::vector<std::string> out;
        for (const std::string& text : connection->sent) {
            const json f = json::parse(text);
            if (f["type"] == "error") {
                out.push_back("error:" + f["data"]["code"].get<std::string>());
            } else if (f["type"] == "submission.output") {
                out.push_back(f["data"]["data"]);
            } else if (f["type"] == "gap") {
                out.push_back("gap " + f["data"]["from"].dump() + "-" + f["data"]["to"].dump());
            } else {
                out.push_back(f["type"]);
            }
        }
        return out;
    }
};

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("what was printed so far comes first, then the rest") {
    node n;
    n.store({1, 2});
    n.send("subscribe");
    n.print(a_piece(3));
    CHECK(n.told() == strings{"ack", "1", "2", "3"});
    CHECK(n.live.channels.contains(some_id));
}

TEST_CASE("a piece that was read already is not told twice") {
    node n;
    n.store({1, 2});
    n.send("subscribe");
    n.print(a_piece(2));
    CHECK(n.told() == strings{"ack", "1", "2"});
}

TEST_CASE("a piece that was missed is read from the store") {
    node n;
    n.send("subscribe");
    n.print(a_piece(1));
    n.store({1, 2, 3});
    n.print(a_piece(3));
    CHECK(n.told() == strings{"ack", "1", "2", "3"});
}

TEST_CASE("what the store has lost is told as a gap") {
    node n;
    n.store({4, 5});
    n.send("subscribe", {{"from_seq", 2}});
    CHECK(n.told() == strings{"ack", "gap 2-3", "4", "5"});
}

TEST_CASE("what the source threw away is told as a gap without reading") {
    node n;
    n.send("subscribe");
    const int before = n.live.reads;
    n.print(a_piece(2, 1));
    CHECK(n.told() == strings{"ack", "gap 1-1", "2"});
    CHECK(n.live.reads == before);
}

TEST_CASE("another attempt begins anew, and what an older one still says is dropped") {
    node n;
    n.send("subscribe");
    n.print(a_piece(1));
    n.print(a_piece(1, 0, 2));
    n.print(a_piece(2));
    CHECK(n.told() == strings{"ack", "1", "1"});
}

TEST_CASE("output never follows the end") {
    node n;
    n.send("subscribe");
    n.print(a_piece(1));
    n.finish();
    n.print(a_piece(2));
    CHECK(n.told() == strings{"ack", "1", "submission.finished"});
    CHECK(n.live.channels.empty());
    CHECK(n.live.attached.empty());
}

TEST_CASE("a reader that is behind is caught up later and holds nothing") {
    node n;
    n.send("subscribe");
    n.connection->unsent = std::size_t{10} << 20;
    n.print(a_piece(1));
    CHECK(n.told() == strings{"ack"});
    n.store({1, 2});
    n.connection->unsent = 0;
    n.io.restart();
    n.io.run_for(std::chrono::milliseconds(200));
    CHECK(n.told() == strings{"ack", "1", "2"});
}

TEST_CASE("a submission of somebody else is not found") {
    node n;
    n.live.known[some_id] = {"bob", false};
    for (const char* type : {"subscribe", "unsubscribe", "stdin_eof", "cancel"})
        n.send(type);
    const strings refused(4, "error:not_found");
    CHECK(n.told() == refused);
    CHECK(n.live.steered.empty());
    CHECK(n.live.channels.empty());
}

TEST_CASE("a submission whose event came is his though the store does not know it yet") {
    node n;
    n.live.known.clear();
    const json frame = {{"type", "submission.queued"}, {"submission_id", some_id}};
    messages::routed_event e{"alice", "4-0", frame.dump()};
    n.members.deliver(messages::encode_routed_event(e));
    n.settle();
    n.send("cancel");
    CHECK(n.told() == strings{"submission.queued", "ack"});
}

TEST_CASE("frames for a submission that has ended say so") {
    node n;
    n.live.known[some_id] = {"alice", true};
    n.send("subscribe");
    n.send("stdin", {{"data", "x"}});
    CHECK(n.told() == strings{"error:already_finished", "error:already_finished"});
}

TEST_CASE("input goes on in order, and a full stream is told") {
    node n;
    n.send("stdin", {{"data", "a"}});
    n.send("stdin", {{"data", "b"}});
    n.live.is_full = true;
    n.send("stdin", {{"data", "c"}});
    n.send("cancel");
    CHECK(n.told() == strings{"ack", "ack", "error:input_full", "ack"});
    REQUIRE(n.live.steered.size() == 3);
    CHECK(n.live.steered[0].data == "a");
    CHECK(n.live.steered[1].data == "b");
    CHECK(n.live.steered[2].kind == domain::control_kind::cancel);
}

TEST_CASE("the last session that goes says so") {
    node n;
    n.send("subscribe");
    REQUIRE(n.live.steered.size() == 1);
    CHECK(n.live.steered[0].kind == domain::control_kind::watched);
    CHECK(n.live.attached.size() == 1);
    n.connection->incoming.close();
    n.settle();
    REQUIRE(n.live.steered.size() == 2);
    CHECK(n.live.steered[1].kind == domain::control_kind::unwatched);
}

TEST_CASE("without Redis frames are refused, and the session stays") {
    node n;
    n.live.is_away = true;
    n.send("cancel");
    n.send("ping");
    CHECK(n.told() == strings{"error:unavailable", "ack"});
}
