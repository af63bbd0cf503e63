// A timer that never expires serves as the list of waiters; cancelling it wakes them all.
#include "sluice/runtime/event.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>

namespace sluice::runtime {

event::event(asio::any_io_executor executor)
    : timer_(std::move(executor), asio::steady_timer::time_point::max()) {}

void event::set() {
    set_ = true;
    timer_.cancel();
}

void event::reset() {
    set_ = false;
}

awaitable<result<void>> event::wait(deadline until) {
    if (set_) co_return result<void>();
    bool is_late = false;
    if (until.is_never()) {
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    } else {
        asio::steady_timer limit(timer_.get_executor(), until.at());
        const auto [order, woken, late] =
            co_await asio::experimental::make_parallel_group(
                timer_.async_wait(asio::deferred),
                limit.async_wait(asio::deferred)
            )
                .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
        is_late = order[0] == 1 && !late;
    }
    if (set_) co_return result<void>();
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return fail(errc::cancelled);
    if (is_late) co_return fail(errc::timeout);
    // Set and reset again before this waiter had its turn: it was woken all the same.
    co_return result<void>();
}

}  // namespace sluice::runtime
