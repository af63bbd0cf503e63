// One PostgreSQL for the whole executable, and a pool on it for each case.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/postgres/pool.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <chrono>

namespace sluice::postgres {

inline testing::private_server& server() {
    static const auto instance = testing::start_postgres();
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

inline config test_config(std::int64_t size = 2) {
    config c;
    c.url.value = server().url();
    c.pool_size = size;
    return c;
}

// Runs `body(pool)` on a connected pool and closes it.
template <class Body>
void with_pool(config c, Body body) {
    asio::io_context io;
    pool p(io.get_executor(), "test", c);
    testing::run_coro(io, [&]() -> awaitable<void> {
        need(co_await p.connect(soon()));
        co_await body(p);
        co_await p.close();
    });
}

}  // namespace sluice::postgres
