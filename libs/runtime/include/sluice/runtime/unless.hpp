// An awaitable that is given up when an event comes. Made like with_deadline, for the same reason.
#pragma once

#include "sluice/runtime/event.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

namespace sluice::runtime {

// Result of `op`; errc::cancelled when `stop` is set first or the caller is cancelled. Either way
// `op` has ended before this returns. `stop` outlives the call.
template <class T>
awaitable<result<T>> unless(event& stop, awaitable<result<T>> op) {
    if (stop.is_set()) co_return fail(errc::cancelled);
    auto executor = co_await asio::this_coro::executor;
    auto [order, thrown, value, stop_thrown, stopped] =
        co_await asio::experimental::make_parallel_group(
            asio::co_spawn(executor, std::move(op), asio::deferred),
            asio::co_spawn(executor, stop.wait(), asio::deferred)
        )
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (order[0] == 0 && !thrown) co_return std::move(value);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return fail(errc::cancelled);
    if (order[0] == 1 || !thrown) co_return fail(errc::cancelled);
    std::rethrow_exception(thrown);
}

}  // namespace sluice::runtime
