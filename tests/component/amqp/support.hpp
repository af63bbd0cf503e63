// One RabbitMQ for the whole executable; each case has queues of its own.
#pragma once

#include "sluice/amqp/consumer.hpp"
#include "sluice/amqp/publisher.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <chrono>

namespace sluice::amqp {

inline testing::private_server& server() {
    static const auto instance = testing::start_rabbitmq();
    return *instance;
}

inline config test_config() {
    config c;
    c.url.value = server().url();
    return c;
}

// The value, or the case fails with the error's words.
template <class T>
T need(result<T> r) {
    if (!r) FAIL(describe(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

inline deadline soon() {
    return deadline::in(std::chrono::seconds(15));
}

inline queue_declaration quorum_queue(std::string name) {
    return {.name = std::move(name), .is_durable = true, .arguments = {{"x-queue-type", "quorum"}}};
}

inline std::string fresh_name() {
    return "q" + uuid::random_v4().to_string();
}

inline message text(std::string body) {
    message m;
    m.message_id = uuid::random_v4().to_string();
    m.body = std::move(body);
    return m;
}

// A publisher and a consumer of one queue, which `topology` declares.
struct pair {
    pair(asio::io_context& io, topology t, consume_options o)
        : p(io.get_executor(), "test-publisher", test_config(), t)
        , c(io.get_executor(), "test-consumer", test_config(), t, o) {}

    awaitable<void> connect() {
        need(co_await p.connect(soon()));
        need(co_await c.connect(soon()));
    }
    awaitable<void> close() {
        co_await c.close();
        co_await p.close();
    }

    publisher p;
    consumer c;
};

// Runs `body(pair, queue name)` on a queue of its own.
template <class Body>
void with_this_queue(queue_declaration q, std::uint16_t prefetch, Body body) {
    asio::io_context io;
    const std::string queue = q.name;
    topology t;
    t.queues.push_back(std::move(q));
    consume_options o;
    o.queue = queue;
    o.prefetch = prefetch;
    pair both(io, t, o);
    const auto whole = [&]() -> awaitable<void> {
        co_await both.connect();
        co_await body(both, queue);
        co_await both.close();
    };
    testing::run_coro(io, whole, std::chrono::seconds(40));
}

template <class Body>
void with_queue(std::uint16_t prefetch, Body body) {
    with_this_queue(quorum_queue(fresh_name()), prefetch, std::move(body));
}

}  // namespace sluice::amqp
