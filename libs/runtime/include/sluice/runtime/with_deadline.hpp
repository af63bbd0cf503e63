// The only way to bound an awaitable. The obvious `op || timer` waits for one *success*: an
// operation that fails at once is then reported as a timeout when the timer fires (house.md, C2:
// measured).
#pragma once

#include "sluice/core/deadline.hpp"
#include "sluice/core/error.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sluice::runtime {

// Result of `op`; errc::timeout when `until` passes first (op is then cancelled and has ended
// before this returns); errc::cancelled when the caller itself is cancelled. An exception of op
// passes through.
template <class T>
awaitable<result<T>> with_deadline(deadline until, awaitable<result<T>> op) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, until.at());
    auto [order, thrown, value, timer_error] =
        co_await asio::experimental::make_parallel_group(
            asio::co_spawn(executor, std::move(op), asio::deferred),
            timer.async_wait(asio::deferred)
        )
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (order[0] == 0 && !thrown) co_return std::move(value);
    // Cancellation of the caller ends both: the timer with an error, op as it likes.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return fail(errc::cancelled);
    if (order[0] == 1) co_return fail(errc::timeout);
    std::rethrow_exception(thrown);
}

}  // namespace sluice::runtime
