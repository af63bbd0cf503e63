// The pool is Asio's; co_spawn carries the exception and brings the caller back to its own
// executor.
#include "sluice/runtime/blocking_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>

namespace sluice::runtime {
namespace {

awaitable<void> call(std::function<void()> work) {
    work();
    co_return;
}

}  // namespace

struct blocking_pool::impl {
    explicit impl(std::size_t threads) : pool(threads) {}
    asio::thread_pool pool;
};

blocking_pool::blocking_pool(std::size_t threads) : impl_(std::make_unique<impl>(threads)) {}

blocking_pool::~blocking_pool() {
    impl_->pool.join();
}

awaitable<void> blocking_pool::run(std::function<void()> work) {
    co_await asio::co_spawn(impl_->pool, call(std::move(work)), asio::use_awaitable);
}

}  // namespace sluice::runtime
