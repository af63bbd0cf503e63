// Confirms, returns, refusals, order, depth.
#include "support.hpp"

namespace sluice::amqp {
namespace {

TEST_CASE("a confirmed message arrives with its properties and is acked away") {
    with_queue(10, [](pair& x, std::string queue) -> awaitable<void> {
        message m = text(std::string("body\0with NUL", 13));
        m.content_type = "application/x-protobuf; type=sluice.v1.ExecuteRequest";
        m.correlation_id = "c-1";
        m.headers["traceparent"] = "00-aa-bb-01";
        need(co_await x.p.publish(queue, m, soon()));
        auto d = need(co_await x.c.receive());
        CHECK(d.message.body == m.body);
        CHECK(d.message.content_type == m.content_type);
        CHECK(d.message.message_id == m.message_id);
        CHECK(d.message.correlation_id == m.correlation_id);
        CHECK(d.message.headers["traceparent"] == "00-aa-bb-01");
        CHECK(d.message.is_persistent);
        CHECK_FALSE(d.is_redelivered);
        CHECK(d.delivery_count == 0);
        x.c.ack(d.tag);
        x.c.ack(d.tag);  // a second time does nothing (the broker would close the channel)
        need(co_await x.p.publish(queue, text("next"), soon()));
        auto next = need(co_await x.c.receive());
        CHECK(next.message.body == "next");
        CHECK(next.tag.connection == d.tag.connection);
        x.c.ack(next.tag);
    });
}

TEST_CASE("a message for a queue that does not exist is refused, the next one is confirmed") {
    with_queue(10, [](pair& x, std::string queue) -> awaitable<void> {
        auto lost = co_await x.p.publish(fresh_name(), text("nowhere"), soon());
        REQUIRE(lost.has_error());
        CHECK(lost.error() == errc::refused);
        need(co_await x.p.publish(queue, text("somewhere"), soon()));
    });
}

TEST_CASE("a queue that exists with other arguments is refused in the broker's words") {
    with_queue(10, [](pair&, std::string queue) -> awaitable<void> {
        topology other;
        other.queues.push_back({.name = queue, .is_durable = true, .arguments = {}});
        auto executor = co_await asio::this_coro::executor;
        publisher p(executor, "test-other", test_config(), other);
        auto r = co_await p.connect(soon());
        REQUIRE(r.has_error());
        CHECK(r.error() == errc::refused);
        CHECK(r.error().detail.find("PRECONDITION_FAILED") != std::string::npos);
        co_await p.close();
    });
}

TEST_CASE("a full queue that rejects makes the publish refused") {
    asio::io_context io;
    const std::string queue = fresh_name();
    topology t;
    t.queues.push_back(
        {.name = queue,
         .is_durable = true,
         .arguments = {{"x-max-length", std::int64_t{0}}, {"x-overflow", "reject-publish"}}}
    );
    publisher p(io.get_executor(), "test-publisher", test_config(), t);
    testing::run_coro(io, [&]() -> awaitable<void> {
        need(co_await p.connect(soon()));
        auto r = co_await p.publish(queue, text("x"), soon());
        REQUIRE(r.has_error());
        CHECK(r.error() == errc::refused);
        co_await p.close();
    });
}

TEST_CASE("the depth of a queue is counted, and that of none is not found") {
    with_queue(1, [](pair& x, std::string) -> awaitable<void> {
        const std::string other = fresh_name();
        topology t;
        t.queues.push_back(quorum_queue(other));
        auto executor = co_await asio::this_coro::executor;
        publisher p(executor, "test-depth", test_config(), t);
        need(co_await p.connect(soon()));
        for (int i = 0; i < 3; ++i)
            need(co_await p.publish(other, text("x"), soon()));
        CHECK(need(co_await p.depth(other, soon())) == 3);
        auto none = co_await x.p.depth(fresh_name(), soon());
        REQUIRE(none.has_error());
        CHECK(none.error() == errc::not_found);
        CHECK(need(co_await x.p.depth(other, soon())) == 3);
        co_await p.close();
    });
}

TEST_CASE("transient messages leave in the order of the calls, before a later confirmed one") {
    with_queue(200, [](pair& x, std::string queue) -> awaitable<void> {
        for (int i = 0; i < 100; ++i)
            x.p.publish_transient(queue, text(std::to_string(i)));
        for (int i = 0; i < 100; ++i) {
            auto d = need(co_await x.c.receive());
            CHECK(d.message.body == std::to_string(i));
            CHECK_FALSE(d.message.is_persistent);
            x.c.ack(d.tag);
        }
    });
}

TEST_CASE("a message of several frames arrives whole") {
    with_queue(2, [](pair& x, std::string queue) -> awaitable<void> {
        const std::string large(3'000'000, 'y');
        need(co_await x.p.publish(queue, text(large), soon()));
        auto d = need(co_await x.c.receive());
        CHECK(d.message.body == large);
        x.c.ack(d.tag);
        need(co_await x.p.publish(queue, text(""), soon()));
        auto empty = need(co_await x.c.receive());
        CHECK(empty.message.body.empty());
        x.c.ack(empty.tag);
    });
}

TEST_CASE("a passed deadline is a timeout and sends nothing") {
    with_queue(1, [](pair& x, std::string queue) -> awaitable<void> {
        auto r =
            co_await x.p.publish(queue, text("late"), deadline::in(std::chrono::milliseconds(0)));
        // The answer cannot be here yet, whether it was sent or not.
        REQUIRE(r.has_error());
        CHECK(r.error() == errc::timeout);
        need(co_await x.p.publish(queue, text("in time"), soon()));
    });
}

}  // namespace
}  // namespace sluice::amqp
