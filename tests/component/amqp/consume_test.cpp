// Prefetch, requeue with a count, dead letters, pause, stop.
#include "support.hpp"

#include <set>

namespace sluice::amqp {
namespace {

// A second consumer of the same queue.
std::unique_ptr<consumer>
another(asio::any_io_executor executor, std::string queue, int prefetch, int reserve = 0) {
    consume_options o;
    o.queue = std::move(queue);
    o.prefetch = static_cast<std::uint16_t>(prefetch);
    o.reserve = static_cast<std::uint16_t>(reserve);
    return std::make_unique<consumer>(executor, "test-another", test_config(), topology{}, o);
}

TEST_CASE("what is nacked comes again with its delivery count") {
    with_queue(1, [](pair& x, std::string queue) -> awaitable<void> {
        need(co_await x.p.publish(queue, text("again"), soon()));
        auto first = need(co_await x.c.receive());
        x.c.nack(first.tag, true);
        auto second = need(co_await x.c.receive());
        CHECK(second.is_redelivered);
        CHECK(second.delivery_count == 1);
        CHECK(second.message.body == "again");
        x.c.nack(second.tag, true);
        auto third = need(co_await x.c.receive());
        CHECK(third.delivery_count == 2);
        x.c.ack(third.tag);
    });
}

TEST_CASE("what is nacked for good goes to the dead-letter queue") {
    asio::io_context io;
    const std::string queue = fresh_name();
    const std::string dead = fresh_name();
    topology t;
    t.queues.push_back(quorum_queue(dead));
    t.queues.push_back(quorum_queue(queue));
    t.queues.back().arguments["x-dead-letter-exchange"] = "";
    t.queues.back().arguments["x-dead-letter-routing-key"] = dead;
    consume_options o;
    o.queue = queue;
    pair both(io, t, o);
    o.queue = dead;
    consumer graveyard(io.get_executor(), "test-dead", test_config(), t, o);
    testing::run_coro(io, [&]() -> awaitable<void> {
        co_await both.connect();
        need(co_await graveyard.connect(soon()));
        need(co_await both.p.publish(queue, text("poison"), soon()));
        auto d = need(co_await both.c.receive());
        both.c.nack(d.tag, false);
        auto buried = need(co_await graveyard.receive());
        CHECK(buried.message.body == "poison");
        graveyard.ack(buried.tag);
        co_await graveyard.close();
        co_await both.close();
    });
}

TEST_CASE("no more than prefetch are handed out unacked") {
    with_queue(2, [](pair& x, std::string queue) -> awaitable<void> {
        for (int i = 0; i < 4; ++i)
            need(co_await x.p.publish(queue, text("x"), soon()));
        auto a = need(co_await x.c.receive());
        auto b = need(co_await x.c.receive());
        CHECK_FALSE(x.c.try_receive());
        x.c.ack(b.tag);
        auto c = need(co_await x.c.receive());
        CHECK_FALSE(x.c.try_receive());
        x.c.ack(a.tag);
        x.c.ack(c.tag);
        auto d = need(co_await x.c.receive());
        x.c.ack(d.tag);
    });
}

TEST_CASE("a changed prefetch holds at once, in both directions, and nothing is lost by it") {
    with_queue(1, [](pair& x, std::string queue) -> awaitable<void> {
        for (int i = 0; i < 6; ++i)
            need(co_await x.p.publish(queue, text("x"), soon()));
        auto a = need(co_await x.c.receive());
        CHECK_FALSE(x.c.try_receive());
        x.c.set_prefetch(3);
        auto b = need(co_await x.c.receive());
        auto c = need(co_await x.c.receive());
        CHECK_FALSE(x.c.try_receive());
        x.c.set_prefetch(1);
        x.c.ack(a.tag);
        x.c.ack(b.tag);
        CHECK_FALSE(x.c.try_receive());
        x.c.ack(c.tag);
        for (int i = 3; i < 6; ++i) {
            auto next = need(co_await x.c.receive());
            CHECK_FALSE(x.c.try_receive());
            x.c.ack(next.tag);
        }
    });
}

TEST_CASE("a reserve comes only while no other consumer has room") {
    with_queue(1, [](pair& x, std::string queue) -> awaitable<void> {
        auto busy = another(co_await asio::this_coro::executor, queue, 1, 1);
        need(co_await busy->connect(soon()));
        for (const char* body : {"1", "2"})
            need(co_await x.p.publish(queue, text(body), soon()));
        auto of_busy = need(co_await busy->receive());
        auto of_idle = need(co_await x.c.receive());
        CHECK(of_busy.message.body != of_idle.message.body);
        need(co_await x.p.publish(queue, text("3"), soon()));
        auto reserved = need(co_await busy->receive());
        CHECK(reserved.message.body == "3");
        CHECK_FALSE(x.c.try_receive());
        need(co_await x.p.publish(queue, text("4"), soon()));
        x.c.ack(of_idle.tag);
        auto next = need(co_await x.c.receive());
        CHECK(next.message.body == "4");
        for (const auto& d : {of_busy, reserved})
            busy->ack(d.tag);
        x.c.ack(next.tag);
        co_await busy->close();
    });
}

TEST_CASE("without its reserve a consumer keeps what has come, and gets no more of it") {
    with_queue(1, [](pair& x, std::string queue) -> awaitable<void> {
        x.c.set_reserve(1);
        for (int i = 0; i < 4; ++i)
            need(co_await x.p.publish(queue, text("x"), soon()));
        auto a = need(co_await x.c.receive());
        auto b = need(co_await x.c.receive());
        CHECK_FALSE(x.c.try_receive());
        x.c.set_reserve(0);
        x.c.ack(a.tag);
        x.c.ack(b.tag);
        auto c = need(co_await x.c.receive());
        CHECK_FALSE(x.c.try_receive());
        x.c.ack(c.tag);
        auto d = need(co_await x.c.receive());
        CHECK(d.delivery_count == 0);
        x.c.ack(d.tag);
    });
}

TEST_CASE("a consumer with a reserve stops whole, and what it did not hand out comes to others") {
    with_queue(1, [](pair& x, std::string queue) -> awaitable<void> {
        x.c.set_reserve(2);
        for (const char* body : {"1", "2", "3"})
            need(co_await x.p.publish(queue, text(body), soon()));
        auto first = need(co_await x.c.receive());
        co_await x.c.stop();
        x.c.ack(first.tag);
        auto other = another(co_await asio::this_coro::executor, queue, 3);
        need(co_await other->connect(soon()));
        std::set<std::string> rest;
        for (int i = 0; i < 2; ++i) {
            auto d = need(co_await other->receive());
            rest.insert(d.message.body);
            other->ack(d.tag);
        }
        CHECK(rest == std::set<std::string>{"2", "3"});
        co_await other->close();
    });
}

TEST_CASE("acks in any order leave nothing behind") {
    with_queue(50, [](pair& x, std::string queue) -> awaitable<void> {
        std::vector<delivery> held;
        for (int i = 0; i < 50; ++i)
            need(co_await x.p.publish(queue, text("old"), soon()));
        while (held.size() < 50)
            held.push_back(need(co_await x.c.receive()));
        for (std::size_t i = 0; i < 50; i += 2)
            x.c.ack(held[i].tag);
        for (std::size_t i = 50; i-- > 0;) {
            if (i % 2 == 1) x.c.ack(held[i].tag);
        }
        co_await x.c.close();
        // What was not acked would come again, before the new one.
        need(co_await x.p.publish(queue, text("new"), soon()));
        auto next = another(co_await asio::this_coro::executor, queue, 50);
        need(co_await next->connect(soon()));
        auto d = need(co_await next->receive());
        CHECK(d.message.body == "new");
        next->ack(d.tag);
        co_await next->close();
    });
}

// RabbitMQ keeps what a channel settles on a quorum queue beyond 32 commands in flight and sends it
// on later; a channel that ends in between would take those acks with it.
TEST_CASE("many acks that do not join up survive the close right behind them") {
    with_queue(400, [](pair& x, std::string queue) -> awaitable<void> {
        std::vector<delivery> held;
        for (int i = 0; i < 400; ++i)
            need(co_await x.p.publish(queue, text(i == 0 ? "held back" : "acked"), soon()));
        while (held.size() < 400)
            held.push_back(need(co_await x.c.receive()));
        for (std::size_t i = 1; i < 400; ++i)
            x.c.ack(held[i].tag);
        co_await x.c.close();
        need(co_await x.p.publish(queue, text("new"), soon()));
        auto next = another(co_await asio::this_coro::executor, queue, 400);
        need(co_await next->connect(soon()));
        auto first = need(co_await next->receive());
        auto second = need(co_await next->receive());
        CHECK(
            std::set{first.message.body, second.message.body} ==
            std::set<std::string>{"held back", "new"}
        );
        CHECK_FALSE(next->try_receive());
        next->ack(first.tag);
        next->ack(second.tag);
        co_await next->close();
    });
}

TEST_CASE("a paused consumer gets nothing until it is resumed") {
    with_queue(2, [](pair& x, std::string queue) -> awaitable<void> {
        need(co_await x.p.publish(queue, text("1"), soon()));
        auto first = need(co_await x.c.receive());
        x.c.pause();
        x.c.ack(first.tag);  // still possible
        auto other = another(co_await asio::this_coro::executor, queue, 5);
        need(co_await other->connect(soon()));
        for (int i = 0; i < 5; ++i) {
            need(co_await x.p.publish(queue, text("while paused"), soon()));
            auto d = need(co_await other->receive());
            CHECK(d.message.body == "while paused");
            other->ack(d.tag);
        }
        CHECK_FALSE(x.c.try_receive());
        co_await other->close();
        x.c.resume();
        need(co_await x.p.publish(queue, text("after"), soon()));
        auto d = need(co_await x.c.receive());
        CHECK(d.message.body == "after");
        x.c.ack(d.tag);
    });
}

TEST_CASE("stop gives back what was not received, and lets the rest be acked") {
    with_queue(3, [](pair& x, std::string queue) -> awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            need(co_await x.p.publish(queue, text(std::to_string(i)), soon()));
        }
        auto mine = need(co_await x.c.receive());
        co_await x.c.stop();
        auto after = co_await x.c.receive();
        REQUIRE(after.has_error());
        CHECK(after.error() == errc::shutting_down);
        x.c.ack(mine.tag);
        co_await x.c.close();
        auto next = another(co_await asio::this_coro::executor, queue, 3);
        need(co_await next->connect(soon()));
        std::set<std::string> given_back;
        while (given_back.size() < 2) {
            auto d = need(co_await next->receive());
            given_back.insert(d.message.body);
            next->ack(d.tag);
        }
        CHECK_FALSE(given_back.contains(mine.message.body));
        co_await next->close();
    });
}

TEST_CASE("a waiting receive ends when the consumer is stopped") {
    asio::io_context io;
    const std::string queue = fresh_name();
    topology t;
    t.queues.push_back(quorum_queue(queue));
    consume_options o;
    o.queue = queue;
    pair both(io, t, o);
    bool is_ended = false;
    asio::co_spawn(
        io,
        [&]() -> awaitable<void> {
            co_await both.connect();
            auto r = co_await both.c.receive();
            is_ended = r.has_error() && r.error() == errc::shutting_down;
        },
        [](std::exception_ptr e) {
            if (e) std::rethrow_exception(e);
        }
    );
    testing::run_coro(io, [&]() -> awaitable<void> {
        co_await both.connect();
        co_await both.c.stop();
        co_await both.close();
    });
    CHECK(is_ended);
}

TEST_CASE("a consumer without acks takes everything once") {
    asio::io_context io;
    const std::string queue = fresh_name();
    topology t;
    t.queues.push_back({.name = queue, .is_durable = false, .arguments = {}});
    consume_options o;
    o.queue = queue;
    o.auto_ack = true;
    pair both(io, t, o);
    testing::run_coro(io, [&]() -> awaitable<void> {
        co_await both.connect();
        for (int i = 0; i < 20; ++i)
            both.p.publish_transient(queue, text(std::to_string(i)));
        for (int i = 0; i < 20; ++i) {
            auto d = need(co_await both.c.receive());
            CHECK(d.message.body == std::to_string(i));
        }
        co_await both.close();
    });
}

TEST_CASE("a consumer of a queue that does not exist is refused") {
    asio::io_context io;
    consume_options o;
    o.queue = fresh_name();
    consumer c(io.get_executor(), "test-consumer", test_config(), {}, o);
    testing::run_coro(io, [&]() -> awaitable<void> {
        auto r = co_await c.connect(soon());
        REQUIRE(r.has_error());
        CHECK(r.error() == errc::refused);
        co_await c.close();
    });
}

}  // namespace
}  // namespace sluice::amqp
