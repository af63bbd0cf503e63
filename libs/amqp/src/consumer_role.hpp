// What a consumer does on its connection's thread: one channel, one subscription at a time (two
// with a reserve), deliveries out, acknowledgements in.
#pragma once

#include "owner.hpp"

#include "sluice/amqp/consumer.hpp"

#include <functional>
#include <set>
#include <vector>

namespace sluice::amqp {

struct settlement {
    enum class kind { ack, requeue, dead };
    delivery_tag tag;
    kind type = kind::ack;
};

class consumer_role final : public role {
public:
    // Called on the executor, in the order of what happened on the connection.
    struct listener {
        std::function<void(std::vector<delivery>)> delivered;
        std::function<void(std::uint64_t connection)> lost;
        std::function<void()> cancelled;  // every basic.cancel was answered: nothing more comes
    };
    consumer_role(asio::any_io_executor executor, consume_options o)
        : executor_(std::move(executor))
        , options_(std::move(o))
        , prefetch_wanted_(options_.prefetch)
        , reserve_wanted_(options_.reserve) {}
    void listen(listener l) { listener_ = std::move(l); }

    // Any thread; true when the connection's thread has to be woken.
    bool settle(settlement s);
    bool want(bool is_consuming);
    bool set_prefetch(std::uint16_t prefetch);
    bool set_reserve(std::uint16_t reserve);

    result<void> set_up(wire& w, std::uint64_t connection_number) override;
    result<bool> drain(wire& w) override;
    result<void> on_frame(wire& w, const amqp_frame_t& frame) override;
    void on_blocked(bool) override {}
    void before_sleep() override;
    void on_lost(const error& why) override;
    bool is_flushed() override;
    void before_close(wire& w) override;

private:
    result<void> follow_wish(wire& w, bool is_wanted);
    result<void> follow_prefetch(wire& w, std::uint16_t wanted);
    result<void> follow_reserve(wire& w, std::uint16_t wanted);
    result<void>
    subscribe(wire& w, std::string& tag, std::uint16_t prefetch, std::int64_t priority);
    result<void> unsubscribe(wire& w, std::string& tag);
    result<void> send_settlements(wire& w, const std::vector<settlement>& batch);
    result<void> send_acks(wire& w, const std::set<std::uint64_t>& tags);
    result<void> on_method(wire& w, const amqp_method_t& method);
    void take_body(std::string_view bytes);
    std::string new_tag();

    asio::any_io_executor executor_;
    consume_options options_;
    listener listener_;
    std::mutex mutex_;  // of the next five
    std::vector<settlement> settlements_;
    bool is_consuming_wanted_ = true;
    bool is_wake_due_ = false;
    std::uint16_t prefetch_wanted_;
    std::uint16_t reserve_wanted_;
    // The thread's own.
    std::uint64_t connection_ = 0;
    std::uint64_t tags_made_ = 0;
    std::string tag_;               // of the subscription; empty while there is none
    std::string reserve_tag_;       // of the one for the reserve; there only beside the other
    std::set<std::string> ending_;  // tags whose basic.cancel was not answered yet
    std::set<std::uint64_t> unsettled_;
    delivery partial_;
    std::size_t body_left_ = 0;
    std::vector<delivery> arrived_;
};

}  // namespace sluice::amqp
