// Watching and steering submissions on a real Redis, as far as this service takes part in it.
#include "adapters/redis_live.hpp"

#include "support.hpp"

#include "sluice/messages/live.hpp"
#include "sluice/runtime/event.hpp"

using namespace sluice;
using namespace sluice::websocket;
using namespace sluice::websocket::real;

namespace {

using strings = std::vector<std::string>;

const std::string hundred_bytes(100, 'x');

domain::control_message input(std::string data) {
    return {domain::control_kind::stdin_data, std::move(data)};
}

struct steering : with_redis {
    sluice::testing::manual_clock time{system_clock().now()};
    submission_id which{uuid::random_v4()};
    std::string id = which.to_string();
    steering_config rules{byte_size{250}, 4, std::chrono::minutes(10)};
    redis_live live{client, time, "node-1", std::chrono::seconds(60), rules};

    bool steer(domain::control_message m) {
        return need(run([&] { return live.steer(id, m); }));
    }
    std::optional<submission_facts> facts() {
        return need(run([&] { return live.facts(id); }));
    }
    void attach(const std::string& session) {
        live_store::watches all{{id, session}};
        need(run([&] { return live.attach(all); }));
    }
    bool detach(const std::string& session) {
        return need(run([&] { return live.detach(id, session); }));
    }
    // As the execution service stores it.
    void print(std::int64_t attempt, std::int64_t seq, const std::string& data) {
        domain::output_piece p;
        p.id = which;
        p.attempt = attempt;
        p.seq = seq;
        p.data = data;
        command(
            {"XADD",
             keys::output_stream(which),
             std::to_string(attempt) + "-" + std::to_string(seq),
             std::string(messages::live_field),
             messages::encode(p)}
        );
    }
    std::vector<live_piece>
    output(std::int64_t attempt, std::int64_t seq, std::int64_t count = 100) {
        return need(run([&] { return live.read_output(id, attempt, seq, count); }));
    }
};

}  // namespace

TEST_CASE("whose submission it is and whether it has ended is read from its state") {
    steering s;
    CHECK_FALSE(s.facts());
    s.command({"HSET", keys::submission_state(s.which), "user", "ada", "status", "running"});
    REQUIRE(s.facts());
    CHECK(s.facts()->owner == "ada");
    CHECK_FALSE(s.facts()->is_finished);
    s.command({"HSET", keys::submission_state(s.which), "status", "time_limit"});
    CHECK(s.facts()->is_finished);
}

TEST_CASE("what steers a submission is kept in order and expires") {
    steering s;
    CHECK(s.steer(input("first")));
    CHECK(s.steer({domain::control_kind::stdin_eof, ""}));
    const auto stored = s.command({"XRANGE", keys::control_stream(s.which), "-", "+"}).items;
    REQUIRE(stored.size() == 2);
    const auto message_in = [&](std::size_t i) {
        return need(messages::decode_control(stored[i].items[1].items[1].text));
    };
    CHECK(message_in(0).data == "first");
    CHECK(message_in(1).kind == domain::control_kind::stdin_eof);
    const auto ttl = s.command({"PTTL", keys::control_stream(s.which)}).integer;
    CHECK(ttl > 500'000);
    CHECK(ttl <= 600'000);
}

TEST_CASE("the input of a submission is bounded in bytes, and what is refused is not stored") {
    steering s;
    CHECK(s.steer(input(hundred_bytes)));
    CHECK(s.steer(input(hundred_bytes)));
    CHECK_FALSE(s.steer(input(hundred_bytes)));
    CHECK(s.command({"XLEN", keys::control_stream(s.which)}).integer == 2);
    CHECK(s.steer(input(std::string(50, 'y'))));
}

TEST_CASE("the frames of a submission are bounded, and a cancel still has room") {
    steering s;
    for (int i = 0; i < 4; ++i)
        CHECK(s.steer(input("a")));
    CHECK_FALSE(s.steer(input("a")));
    CHECK_FALSE(s.steer({domain::control_kind::signal, "", 2}));
    CHECK(s.steer({domain::control_kind::cancel, ""}));
}

TEST_CASE("another bound holds from the next frame on") {
    steering s;
    CHECK_FALSE(s.steer(input(std::string(300, 'x'))));
    s.rules.max_input = byte_size{400};
    s.live.change(s.rules);
    CHECK(s.steer(input(std::string(300, 'x'))));
}

TEST_CASE("each frame wakes whoever listens for control") {
    steering s;
    strings heard;
    runtime::event woken(s.io.get_executor());
    redis::subscriber workers(
        s.io.get_executor(),
        "workers",
        s.settings,
        [&](std::string_view, std::string_view id) {
            heard.emplace_back(id);
            woken.set();
        },
        [] {}
    );
    s.run([&]() -> awaitable<bool> {
        need(co_await workers.connect(deadline::in(std::chrono::seconds(10))));
        need(co_await workers.subscribe(std::string(keys::control_channel)));
        co_return true;
    });
    s.steer({domain::control_kind::cancel, ""});
    need(s.run([&] { return woken.wait(deadline::in(std::chrono::seconds(10))); }));
    CHECK(heard == strings{s.id});
    s.run([&] { return workers.close(); });
}

TEST_CASE("stored output is read behind a place, across attempts") {
    steering s;
    CHECK(s.output(0, 0).empty());
    s.print(1, 1, "a");
    s.print(1, 2, "b");
    s.print(2, 1, "again");
    CHECK(s.output(0, 0).size() == 3);
    const auto behind = s.output(1, 1);
    REQUIRE(behind.size() == 2);
    CHECK(behind[0].head.seq == 2);
    CHECK(behind[1].head.attempt == 2);
    CHECK(behind[1].frame->find("\"again\"") != std::string::npos);
    CHECK(s.output(0, 0, 2).size() == 2);
}

TEST_CASE("an entry that is no output is an error and not a frame") {
    steering s;
    const std::string field(messages::live_field);
    s.command({"XADD", keys::output_stream(s.which), "1-1", field, "\xff\xff\xff"});
    const auto read = s.run([&] { return s.live.read_output(s.id, 0, 0, 10); });
    REQUIRE(read.has_error());
    CHECK(read.error() == errc::io);
}

TEST_CASE("who watches is known for a time to live") {
    steering s;
    s.attach("s1");
    const auto score = s.command({"ZSCORE", keys::attached(s.which), "node-1/s1"}).text;
    CHECK(std::stod(score) == Approx(static_cast<double>(unix_ms(s.time.now()) + 60'000)));
    const auto ttl = s.command({"PTTL", keys::attached(s.which)}).integer;
    CHECK(ttl > 60'000);
    CHECK(ttl <= 120'000);
}

TEST_CASE("the last one that stops watching is told so") {
    steering s;
    s.attach("s1");
    s.attach("s2");
    CHECK_FALSE(s.detach("s1"));
    CHECK(s.detach("s2"));
    CHECK_FALSE(s.detach("s2"));
}

TEST_CASE("watchers of a node that is gone do not count once they expired") {
    steering s;
    s.attach("lost");
    s.time.advance(std::chrono::seconds(61));
    s.attach("s1");
    CHECK(s.detach("s1"));
}

TEST_CASE("a channel of output is heard while it is subscribed") {
    steering s;
    strings heard;
    runtime::event woken(s.io.get_executor());
    redis::subscriber node(
        s.io.get_executor(),
        "node",
        s.settings,
        [&](std::string_view, std::string_view bytes) {
            heard.emplace_back(bytes);
            woken.set();
        },
        [] {}
    );
    redis_output_channels channels(node);
    s.run([&]() -> awaitable<bool> {
        need(co_await node.connect(deadline::in(std::chrono::seconds(10))));
        need(co_await channels.subscribe(s.id));
        co_return true;
    });
    CHECK(s.command({"PUBLISH", keys::output_stream(s.which), "piece"}).integer == 1);
    need(s.run([&] { return woken.wait(deadline::in(std::chrono::seconds(10))); }));
    CHECK(heard == strings{"piece"});
    s.run([&] { return node.close(); });
}
