// The shared connection behind redis::client: who waits for which answer, and the coroutine that
// keeps it up.
#pragma once

#include "link.hpp"

#include "sluice/observe/metrics.hpp"
#include "sluice/redis/client.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <optional>

namespace sluice::redis {

class client_core : public std::enable_shared_from_this<client_core> {
public:
    client_core(asio::any_io_executor executor, std::string name, config c);

    awaitable<result<void>> connect(deadline until);
    bool is_connected() const { return link_ != nullptr; }
    awaitable<std::vector<result<reply>>> run(std::vector<std::vector<std::string>> commands);
    awaitable<void> close();
    void abandon();

private:
    // Commands of one caller; the caller may go away before the answers come, which still count.
    struct operation {
        operation(asio::any_io_executor executor, std::size_t n, deadline d)
            : done(std::move(executor)), expected(n), until(d) {
            answers.reserve(n);
        }
        runtime::event done;
        std::size_t expected;
        deadline until;
        std::vector<result<reply>> answers;
    };

    awaitable<void> keep_connected(std::shared_ptr<client_core> self, target to);
    awaitable<error> serve(std::shared_ptr<link> on);
    void answer(result<reply> a);
    void fail_pending(const error& why);
    void watch_front();
    void count(const std::vector<result<reply>>& answers);

    asio::any_io_executor executor_;
    std::string name_;
    config config_;
    std::shared_ptr<link> link_;                      // null while disconnected
    std::deque<std::shared_ptr<operation>> pending_;  // in the order of their deadlines
    asio::steady_timer timer_;
    bool is_timer_armed_ = false;
    bool is_started_ = false;
    bool is_closing_ = false;
    runtime::event up_;
    runtime::event closing_;
    error last_failure_;
    observe::counter ok_, refused_, timed_out_, unavailable_, reconnects_;
    std::unique_ptr<runtime::gate> gate_;
};

}  // namespace sluice::redis
