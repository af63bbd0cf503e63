// The connections of a pool, who waits for one, and the coroutine that replaces broken ones.
#pragma once

#include "connection.hpp"

#include "sluice/observe/metrics.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

#include <list>

namespace sluice::postgres {

class pool_core;

// Holds one connection of the pool and gives it back. Unfinished business goes back with it: the
// pool rolls back an open transaction and throws away a connection that was left in the middle of
// an answer.
class lease {
public:
    lease() = default;
    lease(std::shared_ptr<pool_core> pool, std::shared_ptr<connection> c)
        : pool_(std::move(pool)), connection_(std::move(c)) {}
    lease(lease&&) noexcept = default;
    lease& operator=(lease&&) = delete;
    ~lease() { release(); }

    void release();
    explicit operator bool() const { return connection_ != nullptr; }
    connection* operator->() const { return connection_.get(); }

private:
    std::shared_ptr<pool_core> pool_;
    std::shared_ptr<connection> connection_;
};

class pool_core : public std::enable_shared_from_this<pool_core> {
public:
    pool_core(asio::any_io_executor executor, std::string name, config c);

    awaitable<result<void>> connect(deadline until);
    bool is_connected() const { return live_ > 0 && !is_closing_; }

    // First come, first served. errc::unavailable at once when no connection is up.
    awaitable<result<lease>> acquire();
    awaitable<result<rows>> run(lease& on, std::string sql, std::vector<param> params, bool begin);
    void give_back(std::shared_ptr<connection> c);

    awaitable<void> close();
    // The owner is going without close(): everything ends with the loop.
    void abandon();

private:
    struct waiter {
        explicit waiter(asio::any_io_executor executor) : ready(std::move(executor)) {}
        runtime::event ready;
        std::shared_ptr<connection> served;  // null after ready: no connection is left
    };
    class queue_place;

    awaitable<void> keep_connected(std::shared_ptr<pool_core> self);
    awaitable<void> roll_back(std::shared_ptr<pool_core> self, std::shared_ptr<connection> c);
    void offer(std::shared_ptr<connection> c);
    void lost(const std::string& why);
    void drop_idle(const connection* c);
    void fail_waiters();
    void count();

    asio::any_io_executor executor_;
    std::string name_;
    config config_;
    std::vector<std::shared_ptr<connection>> idle_;  // the most recently used last
    std::list<waiter*> waiters_;
    std::size_t live_ = 0;  // idle and leased
    bool is_closing_ = false;
    bool is_started_ = false;
    runtime::event up_;       // live_ > 0
    runtime::event missing_;  // live_ < pool_size, or closing
    runtime::event closing_;
    error last_failure_;
    observe::histogram query_seconds_;
    observe::gauge idle_gauge_;
    observe::gauge busy_gauge_;
    observe::gauge missing_gauge_;
    std::unique_ptr<runtime::gate> gate_;
};

}  // namespace sluice::postgres
