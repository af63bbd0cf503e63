// The thread that owns a connection: connects, hands frames to its role, sleeps in ppoll on the
// socket and an eventfd, reconnects with backoff. A role is what publisher and consumer do with the
// connection.
#pragma once

#include "wire.hpp"

#include "sluice/core/deadline.hpp"
#include "sluice/observe/metrics.hpp"
#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/runtime/unique_fd.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace sluice::amqp {

// All of it runs on the owner's thread.
class role {
public:
    virtual ~role() = default;
    // On a fresh connection, after the topology was declared on channel 1.
    virtual result<void> set_up(wire& w, std::uint64_t connection_number) = 0;
    // Does what was handed over since; true when there is more than one turn's share.
    virtual result<bool> drain(wire& w) = 0;
    virtual result<void> on_frame(wire& w, const amqp_frame_t& frame) = 0;
    virtual void on_blocked(bool is_blocked) = 0;
    // Before each sleep: passes results on to the executor in one go.
    virtual void before_sleep() = 0;
    virtual void on_lost(const error& why) = 0;
    // Nothing outstanding: a graceful close may say goodbye.
    virtual bool is_flushed() = 0;
    // The last word on a connection that still works, before it is closed in peace.
    virtual void before_close(wire&) {}
};

class owner {
public:
    owner(asio::any_io_executor executor, std::string name, config c, topology t, role& r);
    ~owner();  // ends the thread hard if close() was not awaited

    // The executor's side.
    awaitable<result<void>> connect(deadline until);
    awaitable<void> close(std::chrono::milliseconds grace);
    bool is_connected() const { return is_connected_; }
    void wake();  // any thread

    const asio::any_io_executor& executor() const { return executor_; }
    const std::string& name() const { return name_; }

private:
    struct outside;  // what the executor knows of the thread
    void run();
    result<void> open(wire& w);
    error serve(wire& w);
    result<void> read_frames(wire& w);
    result<void> dispatch(wire& w, const amqp_frame_t& frame);
    void sleep(const wire& w);
    bool pause(std::chrono::milliseconds d);  // false: stop
    bool is_stopping() const { return is_stopping_; }
    void tell(bool is_up, error why);
    void note_socket(int fd);
    void stop(std::chrono::milliseconds grace);
    void break_socket();

    asio::any_io_executor executor_;
    std::string name_;
    config config_;
    topology topology_;
    role& role_;
    unique_fd event_;
    std::shared_ptr<outside> outside_;
    std::atomic<bool> is_connected_{false};
    std::atomic<bool> is_stopping_{false};
    std::mutex mutex_;  // of what follows
    std::condition_variable stopped_;
    deadline stop_at_ = deadline::never();
    int socket_ = -1;
    std::uint64_t number_ = 0;
    observe::counter reconnects_;
    std::thread thread_;
};

}  // namespace sluice::amqp
