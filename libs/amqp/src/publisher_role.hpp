// What a publisher does on its connection's thread. Channel 1 publishes with confirms, channel 2
// without, channel 3 asks for queue depths (a passive declare of an unknown queue closes its
// channel).
#pragma once

#include "owner.hpp"

#include "sluice/runtime/event.hpp"

#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace sluice::amqp {

// One caller waiting on the executor. The thread touches nothing of it but `is_abandoned`.
struct operation {
    explicit operation(asio::any_io_executor ex) : done(std::move(ex)) {}
    runtime::event done;
    error outcome;  // no code: success
    std::uint32_t depth = 0;
    std::atomic<bool> is_abandoned{false};  // its deadline passed: not sent any more, or forgotten
};
using operation_ptr = std::shared_ptr<operation>;

struct request {
    enum class kind { confirmed, transient, depth };
    kind type = kind::confirmed;
    std::string queue;
    message content;
    operation_ptr waiting;
};

class publisher_role final : public role {
public:
    explicit publisher_role(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    // Any thread: errc::unavailable when disconnected, errc::overloaded when too much is under way.
    // `must_wake` says whether the thread has to be woken.
    result<void> hand_over(request r, bool& must_wake);

    result<void> set_up(wire& w, std::uint64_t connection_number) override;
    result<bool> drain(wire& w) override;
    result<void> on_frame(wire& w, const amqp_frame_t& frame) override;
    void on_blocked(bool is_blocked) override;
    void before_sleep() override;
    void on_lost(const error& why) override;
    bool is_flushed() override;

private:
    struct outstanding {
        operation_ptr waiting;
        std::string queue;
        std::string message_id;
        std::string returned;  // the broker's words, once it came back as unroutable
    };
    struct finished {
        operation_ptr waiting;
        error outcome;
        std::uint32_t depth;
    };

    result<void> send(wire& w, request& r);
    result<void> ask_depth(wire& w);
    result<void> on_method(wire& w, amqp_channel_t channel, const amqp_method_t& method);
    result<void> on_channel_closed(wire& w, amqp_channel_t channel, const amqp_channel_close_t& c);
    void settle(std::uint64_t tag, bool is_multiple, bool is_ack);
    void on_returned(const amqp_basic_properties_t& properties);
    void finish(const operation_ptr& op, error outcome, std::uint32_t depth = 0);

    asio::any_io_executor executor_;
    std::mutex mutex_;  // of the next four
    std::deque<request> handed_over_;
    bool is_accepting_ = false;
    bool is_wake_due_ = false;
    std::size_t under_way_ = 0;  // confirmed ones sent and not settled
    // The thread's own.
    bool is_blocked_ = false;
    std::uint64_t next_tag_ = 1;
    std::map<std::uint64_t, outstanding> unconfirmed_;
    std::deque<request> depths_;  // the front one is asked
    bool is_asking_ = false;
    std::string return_queue_;
    std::string return_text_;
    bool is_return_pending_ = false;
    std::vector<finished> finished_;
    std::chrono::steady_clock::time_point swept_at_;
};

}  // namespace sluice::amqp
