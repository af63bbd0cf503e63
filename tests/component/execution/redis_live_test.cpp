// Control and output on a real Redis, on the side of the worker.
#include "adapters/redis_control.hpp"
#include "adapters/redis_output.hpp"

#include "sluice/messages/live.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::execution;

namespace {

namespace keys = sluice::messages::keys;
using strings = std::vector<std::string>;

template <class T>
T need(result<T> r) {
    if (!r) throw std::runtime_error(describe(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

redis::config settings_of(const testing::private_server& server) {
    redis::config c;
    c.url.value = server.url();
    return c;
}

testing::private_server& shared_redis() {
    static const auto server = testing::start_redis();
    return *server;
}

deadline soon() {
    return deadline::in(std::chrono::seconds(10));
}

struct worker {
    template <class Make>
    auto run(Make make) {
        return testing::run_coro(io, std::move(make));
    }

    explicit worker(redis::config c = settings_of(shared_redis())) : settings(std::move(c)) {}
    ~worker() {
        run([&] { return control.close(); });
        run([&] { return gate.close(std::chrono::seconds(1)); });
        run([&] { return client.close(); });
    }
    void connect() {
        need(run([&] { return client.connect(soon()); }));
        gate.spawn("control", control.run());
        need(run([&] { return control.wait_ready(soon()); }));
    }
    redis::reply command(strings words) {
        return need(run([&] { return client.command(words); }));
    }
    // As the websocket service appends it.
    void steer(const std::string& data) {
        const domain::control_message m{domain::control_kind::stdin_data, data};
        const redis::script script(messages::control_append_script);
        const strings to{keys::control_stream(id)};
        const strings arguments{
            messages::encode(m),
            std::to_string(data.size()),
            "input",
            "1000000",
            "100000",
            "60000",
            std::string(keys::control_channel),
            id.to_string()};
        CHECK(need(run([&] { return client.eval(script, to, arguments); })).text == "ok");
    }
    std::unique_ptr<control_feed> open() {
        return control.open(id, [this](domain::control_message m) {
            heard.push_back(m.data);
            told.set();
        });
    }
    void hear(std::size_t count) {
        run([&]() -> awaitable<bool> {
            while (heard.size() < count) {
                told.reset();
                need(co_await told.wait(soon()));
            }
            co_return true;
        });
    }
    void catch_up(control_feed& feed) {
        run([&] { return feed.caught_up(); });
    }

    asio::io_context io;
    redis::config settings;
    redis::client client{io.get_executor(), "test", settings};
    runtime::gate gate{io.get_executor(), [](const std::string&, std::exception_ptr) {}};
    redis_control control{io.get_executor(), client, settings, gate};
    submission_id id{uuid::random_v4()};
    strings heard;
    runtime::event told{io.get_executor()};
};

output_batch batch_of(submission_id id, std::int64_t attempt, std::vector<std::int64_t> numbers) {
    output_batch b;
    for (const std::int64_t seq : numbers) {
        domain::output_piece p;
        p.id = id;
        p.attempt = attempt;
        p.seq = seq;
        p.data = "piece " + std::to_string(seq);
        b.pieces.push_back(std::move(p));
    }
    return b;
}

strings ids_in(worker& w) {
    strings ids;
    for (const auto& entry : w.command({"XRANGE", keys::output_stream(w.id), "-", "+"}).items)
        ids.push_back(entry.items[0].text);
    return ids;
}

}  // namespace

TEST_CASE("what was typed before the task was taken is told first and in order") {
    worker w;
    w.connect();
    strings typed;
    for (int i = 0; i < 300; ++i) {
        typed.push_back(std::to_string(i));
        w.steer(typed.back());
    }
    const auto feed = w.open();
    w.catch_up(*feed);
    CHECK(w.heard == typed);
}

TEST_CASE("what is typed while it runs is told at once, each once") {
    worker w;
    w.connect();
    const auto feed = w.open();
    w.catch_up(*feed);
    CHECK(w.heard.empty());
    w.steer("a");
    w.hear(1);
    w.steer("b");
    w.steer("c");
    w.hear(3);
    CHECK(w.heard == strings{"a", "b", "c"});
}

TEST_CASE("control of a submission that runs elsewhere is not read here") {
    worker w;
    w.connect();
    const auto feed = w.open();
    w.catch_up(*feed);
    const submission_id mine = std::exchange(w.id, submission_id{uuid::random_v4()});
    w.steer("not mine");
    w.id = mine;
    w.steer("mine");
    w.hear(1);
    CHECK(w.heard == strings{"mine"});
}

TEST_CASE("nothing is told once the feed is closed") {
    worker w;
    w.connect();
    auto feed = w.open();
    w.catch_up(*feed);
    w.steer("heard");
    w.hear(1);
    feed.reset();
    w.steer("unheard");
    const auto again = w.open();
    w.hear(3);  // the next feed reads all from the start
    CHECK(w.heard == strings{"heard", "heard", "unheard"});
}

TEST_CASE("an entry that is no control message is passed over") {
    worker w;
    w.connect();
    const std::string field(messages::live_field);
    w.command({"XADD", keys::control_stream(w.id), "*", field, "\xff\xff\xff", "n", "0"});
    w.steer("good");
    const auto feed = w.open();
    w.catch_up(*feed);
    CHECK(w.heard == strings{"good"});
}

TEST_CASE("a task does not wait for a Redis that is away") {
    redis::config nowhere;
    nowhere.url.value = "redis://127.0.0.1:1/0";
    worker w(nowhere);
    const auto begun = std::chrono::steady_clock::now();
    const auto feed = w.open();
    w.catch_up(*feed);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
    CHECK(w.heard.empty());
}

TEST_CASE("what was typed while Redis was away from the worker is read after it") {
    const auto own = testing::start_redis();
    worker w(settings_of(*own));
    w.connect();
    const auto feed = w.open();
    w.catch_up(*feed);
    // The worker's own connections are cut; the frame is stored, but its wake-up reaches nobody.
    w.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    w.steer("a");
    w.hear(1);
    CHECK(w.heard == strings{"a"});
}

TEST_CASE("until when somebody watches is read from the sessions that do") {
    worker w;
    w.connect();
    const auto until = [&] { return need(w.run([&] { return w.control.watched_until(w.id); })); };
    CHECK(until() == wall_time{});
    w.command({"ZADD", keys::attached(w.id), "1700000000000", "n/1", "1700000005000", "n/2"});
    CHECK(until() == from_unix_ms(1'700'000'005'000));
}

TEST_CASE("output is stored under its attempt and number, published and expires") {
    worker w;
    w.connect();
    redis_output output(w.client, std::chrono::minutes(1));
    need(w.run([&] { return output.publish(batch_of(w.id, 1, {1, 2})); }));
    CHECK(ids_in(w) == strings{"1-1", "1-2"});
    const auto ttl = w.command({"PTTL", keys::output_stream(w.id)}).integer;
    CHECK(ttl > 50'000);
    CHECK(ttl <= 60'000);
}

TEST_CASE("what is no longer worth keeping is dropped from the stream") {
    worker w;
    w.connect();
    redis_output output(w.client, std::chrono::minutes(1));
    need(w.run([&] { return output.publish(batch_of(w.id, 1, {1, 2, 3})); }));
    auto later = batch_of(w.id, 1, {4});
    later.keep_from = 3;
    need(w.run([&] { return output.publish(later); }));
    CHECK(ids_in(w) == strings{"1-3", "1-4"});
}

TEST_CASE("an attempt that was given up cannot write after a later one") {
    worker w;
    w.connect();
    redis_output output(w.client, std::chrono::minutes(1));
    need(w.run([&] { return output.publish(batch_of(w.id, 2, {1})); }));
    const auto late = w.run([&] { return output.publish(batch_of(w.id, 1, {7})); });
    CHECK(late.has_error());
    CHECK(ids_in(w) == strings{"2-1"});
}

TEST_CASE("without Redis output fails instead of waiting") {
    redis::config nowhere;
    nowhere.url.value = "redis://127.0.0.1:1/0";
    worker w(nowhere);
    redis_output output(w.client, std::chrono::minutes(1));
    const auto sent = w.run([&] { return output.publish(batch_of(w.id, 1, {1})); });
    REQUIRE(sent.has_error());
    CHECK(sent.error() == errc::unavailable);
}
