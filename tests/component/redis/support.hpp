// One Redis for the whole executable, and a client on it for each case.
#pragma once

#include "sluice/core/ids.hpp"
#include "sluice/redis/client.hpp"
#include "sluice/redis/subscriber.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <chrono>

namespace sluice::redis {

inline testing::private_server& server() {
    static const auto instance = testing::start_redis();
    return *instance;
}

// The value, or the case fails with the error's words.
template <class T>
T need(result<T> r) {
    if (!r) FAIL(describe(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

inline deadline soon() {
    return deadline::in(std::chrono::seconds(10));
}

inline config test_config() {
    config c;
    c.url.value = server().url();
    return c;
}

inline std::string fresh_name() {
    return "test:" + uuid::random_v4().to_string();
}

// Runs `body(client)` on a connected client and closes it.
template <class Body>
void with_client(config c, Body body) {
    asio::io_context io;
    client r(io.get_executor(), "test", c);
    testing::run_coro(io, [&]() -> awaitable<void> {
        need(co_await r.connect(soon()));
        co_await body(r);
        co_await r.close();
    });
}

}  // namespace sluice::redis
