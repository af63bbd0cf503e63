// Runs a coroutine to its end on a fresh io_context, under a time limit: a test that hangs fails.
#pragma once

#include "sluice/runtime/asio_fwd.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

namespace sluice::testing {

// `make` gets the io_context and returns the awaitable. Throws when `limit` passes, or what the
// coroutine threw.
template <class Make>
auto run_coro(
    asio::io_context& io,
    Make make,
    std::chrono::milliseconds limit = std::chrono::seconds(20)
) {
    using value_type = typename decltype(make())::value_type;
    std::exception_ptr thrown;
    bool done = false;
    auto drive = [&] {
        if (io.stopped()) io.restart();
        auto until = std::chrono::steady_clock::now() + limit;
        while (!done && std::chrono::steady_clock::now() < until) {
            if (io.run_one_until(until) == 0) break;
        }
        if (!done) throw std::runtime_error("run_coro: the coroutine did not end in time");
        if (thrown) std::rethrow_exception(thrown);
    };
    if constexpr (std::is_void_v<value_type>) {
        asio::co_spawn(io, make(), [&](std::exception_ptr e) {
            thrown = e;
            done = true;
        });
        drive();
    } else {
        std::optional<value_type> value;
        asio::co_spawn(io, make(), [&](std::exception_ptr e, value_type v) {
            thrown = e;
            if (!e) value.emplace(std::move(v));
            done = true;
        });
        drive();
        return std::move(*value);
    }
}

}  // namespace sluice::testing
