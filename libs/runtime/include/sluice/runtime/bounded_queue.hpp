// A queue between coroutines of one io_context with a visible "full". The policy for full is the
// pusher's: reject, wait, or drop; it is never "grow" (C9).
#pragma once

#include "sluice/core/assert.hpp"
#include "sluice/runtime/event.hpp"

#include <deque>
#include <optional>
#include <utility>

namespace sluice::runtime {

template <class T>
class bounded_queue {
public:
    bounded_queue(asio::any_io_executor executor, std::size_t capacity)
        : capacity_(capacity), changed_(std::move(executor)) {
        SLUICE_ASSERT(capacity > 0);
    }

    // False when full or closed; `value` is then untouched.
    bool try_push(T&& value) {
        if (closed_ || items_.size() >= capacity_) return false;
        items_.push_back(std::move(value));
        changed_.set();
        return true;
    }
    // nullopt when empty.
    std::optional<T> try_pop() {
        if (items_.empty()) return std::nullopt;
        T value = std::move(items_.front());
        items_.pop_front();
        if (items_.empty() && !closed_) changed_.reset();
        return value;
    }
    // Waits for an item; errc::shutting_down when closed and empty; errc::timeout; errc::cancelled.
    awaitable<result<T>> pop(deadline until = deadline::never()) {
        for (;;) {
            if (auto value = try_pop()) co_return std::move(*value);
            if (closed_) co_return fail(errc::shutting_down);
            auto waited = co_await changed_.wait(until);
            if (!waited) co_return std::move(waited).error();
        }
    }
    void close() {
        closed_ = true;
        changed_.set();
    }
    std::size_t size() const { return items_.size(); }
    std::size_t capacity() const { return capacity_; }
    bool is_full() const { return items_.size() >= capacity_; }

private:
    std::size_t capacity_;
    std::deque<T> items_;
    event changed_;
    bool closed_ = false;
};

}  // namespace sluice::runtime
