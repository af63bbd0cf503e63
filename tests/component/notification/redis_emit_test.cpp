// The emit script on a real Redis: idempotent, ordered by rank, and only to nodes with sessions.
#include "adapters/redis_emit.hpp"

#include "support.hpp"

#include "sluice/messages/json.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/redis/subscriber.hpp"

using namespace sluice;
using namespace sluice::notification;
using namespace sluice::notification::real;
namespace keys = sluice::messages::keys;

namespace {

struct emitting : servers {
    redis_emit events{*redis, events_config{}, system_clock()};
    std::string user = "u" + uuid::random_v4().to_string();

    emission event(submission_id id, int rank, std::string type, bool is_final = false) const {
        emission e;
        e.id = id;
        e.user_id = user;
        e.rank = rank;
        e.frame = R"({"type":")" + type + R"(","data":{"text":"a \"quoted\" ü"}})";
        e.type = std::move(type);
        e.status = is_final ? "accepted" : "running";
        e.is_final = is_final;
        return e;
    }
    std::vector<result<std::string>> emit(std::vector<emission> all) {
        return run([&] { return events.emit(all); });
    }
    std::string emit(const emission& one) { return need(emit(std::vector{one}).front()); }
    std::int64_t stream_length() { return command({"XLEN", keys::user_events(user)}).integer; }
    void has_session(const std::string& node, std::int64_t expires_in_ms) {
        const auto at = unix_ms(system_clock().now()) + expires_in_ms;
        command({"ZADD", keys::user_sessions(user), std::to_string(at), node + "/s"});
    }
};

// Hears channels; a case publishes a marker after what it expects, so that silence can be seen.
struct ear {
    emitting& with;
    std::vector<std::pair<std::string, std::string>> heard;
    redis::subscriber subscriber;

    explicit ear(emitting& w)
        : with(w)
        , subscriber(
              w.io.get_executor(),
              "ear",
              w.redis_settings,
              [this](std::string_view channel, std::string_view payload) {
                  heard.emplace_back(channel, payload);
              },
              [] {}
          ) {
        const auto until = deadline::in(std::chrono::seconds(5));
        need(with.run([&] { return subscriber.connect(until); }));
    }
    ~ear() {
        with.run([&] { return subscriber.close(); });
    }
    void listen(const std::string& channel) {
        need(with.run([&] { return subscriber.subscribe(channel); }));
    }
    // What was published before this call.
    std::vector<std::pair<std::string, std::string>> all(const std::string& last_channel) {
        with.command({"PUBLISH", last_channel, "marker"});
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (heard.empty() || heard.back().second != "marker") {
            if (with.io.stopped()) with.io.restart();
            if (with.io.run_one_until(until) == 0) throw std::runtime_error("no marker");
        }
        heard.pop_back();
        return std::exchange(heard, {});
    }
};

}  // namespace

TEST_CASE("an event is in the user's stream under the id that is answered") {
    emitting e;
    const auto id = e.emit(e.event(fresh_id(), 4, "submission.finished", true));
    const auto stream = e.command({"XRANGE", keys::user_events(e.user), "-", "+"});
    REQUIRE(stream.items.size() == 1);
    CHECK(stream.items[0].items[0].text == id);
    CHECK(stream.items[0].items[1].items[0].text == "frame");
}

TEST_CASE("the same event again keeps its id and is stored once") {
    emitting e;
    const auto submission = fresh_id();
    const auto first = e.emit(e.event(submission, 4, "submission.finished", true));
    CHECK(e.emit(e.event(submission, 4, "submission.finished", true)) == first);
    CHECK(e.stream_length() == 1);
}

TEST_CASE("an event of a lower rank than the state is dropped") {
    emitting e;
    const auto submission = fresh_id();
    e.emit(e.event(submission, 4, "submission.finished", true));
    CHECK(e.emit(e.event(submission, 2, "submission.running")).empty());
    CHECK(e.stream_length() == 1);
    CHECK(e.command({"HGET", keys::submission_state(submission), "status"}).text == "accepted");
}

TEST_CASE("a beginning that was overtaken is told by what overtook it, and once") {
    emitting e;
    const auto id = fresh_id();
    auto running = e.event(id, 2, "submission.running");
    running.queued_frame = "the queued one";
    const auto queued = e.event(id, 1, "submission.queued");
    const std::string begun = e.emit(running);
    REQUIRE(e.stream_length() == 2);
    const auto all = e.command({"XRANGE", keys::user_events(e.user), "-", "+"});
    CHECK(all.items.at(0).items.at(1).items.at(1).text == "the queued one");
    CHECK(all.items.at(1).items.at(0).text == begun);
    CHECK(e.emit(queued) == all.items.at(0).items.at(0).text);
    CHECK(e.emit(running) == begun);
    CHECK(e.stream_length() == 2);
    CHECK(e.command({"HGET", keys::submission_state(id), "status"}).text == "running");
}

TEST_CASE("what was told in its order is not told again by what follows") {
    emitting e;
    const auto id = fresh_id();
    e.emit(e.event(id, 1, "submission.queued"));
    auto running = e.event(id, 2, "submission.running");
    running.queued_frame = "the queued one";
    e.emit(running);
    CHECK(e.stream_length() == 2);
}

TEST_CASE("a batch is emitted in its order") {
    emitting e;
    const auto submission = fresh_id();
    const auto ids = e.emit(std::vector{
        e.event(submission, 1, "submission.queued"),
        e.event(submission, 2, "submission.running"),
        e.event(submission, 4, "submission.finished", true)});
    REQUIRE(ids.size() == 3);
    const auto stream = e.command({"XRANGE", keys::user_events(e.user), "-", "+"});
    REQUIRE(stream.items.size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
        CHECK(stream.items[i].items[0].text == *ids[i]);
}

TEST_CASE("stream and state expire") {
    emitting e;
    const auto submission = fresh_id();
    e.emit(e.event(submission, 4, "submission.finished", true));
    CHECK(e.command({"PTTL", keys::user_events(e.user)}).integer > 0);
    CHECK(e.command({"PTTL", keys::submission_state(submission)}).integer > 0);
}

TEST_CASE("the stream of a busy user is trimmed") {
    emitting e;
    events_config small;
    small.stream_length = 10;
    redis_emit events(*e.redis, small, system_clock());
    std::vector<emission> many;
    for (int i = 0; i < 500; ++i)
        many.push_back(e.event(fresh_id(), 1, "submission.queued"));
    e.run([&] { return events.emit(many); });
    CHECK(e.stream_length() < 300);
}

TEST_CASE("each node with a living session is told once, others are not") {
    emitting e;
    const std::string node = "n" + uuid::random_v4().to_string();
    e.has_session(node, 60'000);
    e.command(
        {"ZADD",
         keys::user_sessions(e.user),
         std::to_string(unix_ms(system_clock().now()) + 60'000),
         node + "/second"}
    );
    e.has_session(node + "-gone", -1);
    ear hears(e);
    hears.listen(keys::node_channel(node));
    hears.listen(keys::node_channel(node + "-gone"));
    const auto event = e.event(fresh_id(), 1, "submission.queued");
    const auto id = e.emit(event);
    const auto heard = hears.all(keys::node_channel(node));
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].first == keys::node_channel(node));
    const auto routed = messages::decode_routed_event(heard[0].second);
    REQUIRE(routed);
    CHECK(routed->user_id == e.user);
    CHECK(routed->event_id == id);
    CHECK(routed->frame == event.frame);
}

TEST_CASE("a node's name may have slashes") {
    emitting e;
    const std::string node = "rack/1/" + uuid::random_v4().to_string();
    e.has_session(node, 60'000);
    ear hears(e);
    hears.listen(keys::node_channel(node));
    e.emit(e.event(fresh_id(), 1, "submission.queued"));
    CHECK(hears.all(keys::node_channel(node)).size() == 1);
}

TEST_CASE("an event that is emitted again is sent again, for whoever missed it") {
    emitting e;
    const auto submission = fresh_id();
    const std::string node = "n" + uuid::random_v4().to_string();
    e.has_session(node, 60'000);
    ear hears(e);
    hears.listen(keys::node_channel(node));
    e.emit(e.event(submission, 4, "submission.finished", true));
    e.emit(e.event(submission, 4, "submission.finished", true));
    CHECK(hears.all(keys::node_channel(node)).size() == 2);
}

TEST_CASE("what is for the missing alone is not sent again, and sent when it is missing") {
    emitting e;
    const auto submission = fresh_id();
    const std::string node = "n" + uuid::random_v4().to_string();
    e.has_session(node, 60'000);
    ear hears(e);
    hears.listen(keys::node_channel(node));
    auto told = e.event(submission, 3, "test.finished");
    told.part = "0";
    const auto first = e.emit(told);
    told.only_if_missing = true;
    CHECK(e.emit(told) == first);
    auto missing = told;
    missing.part = "1";
    CHECK_FALSE(e.emit(missing).empty());
    CHECK(hears.all(keys::node_channel(node)).size() == 2);
    CHECK(e.stream_length() == 2);
}

TEST_CASE("whoever waits for the end of a submission hears its status") {
    emitting e;
    const auto submission = fresh_id();
    ear hears(e);
    const auto channel = keys::finished_channel(submission);
    hears.listen(channel);
    e.emit(e.event(submission, 2, "submission.running"));
    e.emit(e.event(submission, 4, "submission.finished", true));
    const auto heard = hears.all(channel);
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].second == "accepted");
}

TEST_CASE("a Redis that forgot the script gets it again") {
    emitting e;
    e.emit(e.event(fresh_id(), 1, "submission.queued"));
    e.command({"SCRIPT", "FLUSH"});
    const auto ids = e.emit(std::vector{
        e.event(fresh_id(), 1, "submission.queued"),
        e.event(fresh_id(), 1, "submission.queued")});
    for (const auto& id : ids)
        CHECK_FALSE(need(id).empty());
}
