// Theory of operation. Delivery tags count the publishes of a channel, so the n-th publish on
// channel 1 is settled by ack or nack n, or by a later one with the multiple flag. A message that
// no queue takes comes back (basic.return) before its ack; the return carries no tag, so it is
// matched by queue and message id, the oldest first. A confirm may never come (a queue's leader
// died): the caller's own deadline ends the wait, and the entry is swept out here.
#include "publisher_role.hpp"

#include <boost/asio/post.hpp>

namespace sluice::amqp {
namespace {

constexpr std::size_t max_handed_over = 4096;
constexpr std::size_t max_under_way = 8192;
constexpr std::size_t share_of_a_turn = 256;
constexpr amqp_channel_t confirmed_channel = 1;
constexpr amqp_channel_t transient_channel = 2;
constexpr amqp_channel_t depth_channel = 3;

}  // namespace

result<void> publisher_role::hand_over(request r, bool& must_wake) {
    const std::lock_guard lock(mutex_);
    if (!is_accepting_) return fail(errc::unavailable, "RabbitMQ is away");
    if (handed_over_.size() >= max_handed_over || under_way_ >= max_under_way) {
        return fail(errc::overloaded, "too many messages wait for RabbitMQ");
    }
    handed_over_.push_back(std::move(r));
    must_wake = !std::exchange(is_wake_due_, true);
    return {};
}

result<void> publisher_role::set_up(wire& w, std::uint64_t) {
    amqp_confirm_select(w.get(), confirmed_channel);
    SLUICE_TRY(w.check_reply());
    SLUICE_TRY(w.open_channel(transient_channel));
    SLUICE_TRY(w.open_channel(depth_channel));
    next_tag_ = 1;
    is_blocked_ = false;
    is_asking_ = false;
    is_return_pending_ = false;
    const std::lock_guard lock(mutex_);
    under_way_ = 0;
    is_accepting_ = true;
    return {};
}

result<bool> publisher_role::drain(wire& w) {
    std::vector<request> share;
    bool is_more = false;
    {
        const std::lock_guard lock(mutex_);
        is_wake_due_ = false;
        // During an alarm of the broker nothing is sent: it would only fill the socket and block
        // here.
        if (is_blocked_) return false;
        while (!handed_over_.empty() && share.size() < share_of_a_turn) {
            share.push_back(std::move(handed_over_.front()));
            handed_over_.pop_front();
        }
        is_more = !handed_over_.empty();
    }
    const cork together(w.fd(), share.size() > 1);
    for (auto& r : share) {
        if (auto sent = send(w, r); !sent) {
            // The unsent rest of this share must be answered as well.
            for (auto& rest : share) {
                if (rest.waiting) finish(rest.waiting, sent.error());
            }
            return sent.error();
        }
        r.waiting.reset();
    }
    return is_more;
}

result<void> publisher_role::send(wire& w, request& r) {
    if (r.waiting && r.waiting->is_abandoned) return {};
    switch (r.type) {
        case request::kind::transient:
            return w.publish(transient_channel, r.queue, r.content, false);
        case request::kind::depth:
            depths_.push_back(std::move(r));
            return ask_depth(w);
        case request::kind::confirmed:
            break;
    }
    SLUICE_TRY(w.publish(confirmed_channel, r.queue, r.content, true));
    outstanding o{r.waiting, std::move(r.queue), std::move(r.content.message_id), {}};
    unconfirmed_.emplace(next_tag_++, std::move(o));
    const std::lock_guard lock(mutex_);
    under_way_ = unconfirmed_.size();
    return {};
}

result<void> publisher_role::ask_depth(wire& w) {
    if (is_asking_ || depths_.empty()) return {};
    is_asking_ = true;
    amqp_queue_declare_t ask{};
    ask.queue = to_bytes(depths_.front().queue);
    ask.passive = 1;
    return w.send_method(depth_channel, AMQP_QUEUE_DECLARE_METHOD, &ask);
}

result<void> publisher_role::on_frame(wire& w, const amqp_frame_t& frame) {
    if (frame.frame_type == AMQP_FRAME_METHOD) {
        return on_method(w, frame.channel, frame.payload.method);
    }
    // The only content that comes to a publisher is that of returned messages.
    if (frame.frame_type == AMQP_FRAME_HEADER && is_return_pending_) {
        is_return_pending_ = false;
        on_returned(*static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded));
    }
    return {};
}

result<void>
publisher_role::on_method(wire& w, amqp_channel_t channel, const amqp_method_t& method) {
    switch (method.id) {
        case AMQP_BASIC_ACK_METHOD: {
            const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
            settle(ack->delivery_tag, ack->multiple, true);
            return {};
        }
        case AMQP_BASIC_NACK_METHOD: {
            const auto* nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
            settle(nack->delivery_tag, nack->multiple, false);
            return {};
        }
        case AMQP_BASIC_RETURN_METHOD: {
            const auto* back = static_cast<const amqp_basic_return_t*>(method.decoded);
            return_queue_ = to_string(back->routing_key);
            return_text_ = to_string(back->reply_text);
            is_return_pending_ = true;
            return {};
        }
        case AMQP_QUEUE_DECLARE_OK_METHOD: {
            const auto* ok = static_cast<const amqp_queue_declare_ok_t*>(method.decoded);
            if (depths_.empty()) return {};
            finish(depths_.front().waiting, {}, ok->message_count);
            depths_.pop_front();
            is_asking_ = false;
            return ask_depth(w);
        }
        case AMQP_CHANNEL_CLOSE_METHOD:
            return on_channel_closed(
                w,
                channel,
                *static_cast<const amqp_channel_close_t*>(method.decoded)
            );
        default:
            return {};
    }
}

result<void> publisher_role::on_channel_closed(
    wire& w,
    amqp_channel_t channel,
    const amqp_channel_close_t& closed
) {
    const std::string why = to_string(closed.reply_text);
    if (channel == depth_channel && is_asking_) {
        finish(depths_.front().waiting, fail(errc::not_found, why));
        depths_.pop_front();
        is_asking_ = false;
        amqp_channel_close_ok_t ok{};
        SLUICE_TRY(w.send_method(channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok));
        SLUICE_TRY(w.open_channel(channel));
        return ask_depth(w);
    }
    // When one publish was under way, it is the culprit, and must not be tried for ever.
    if (channel == confirmed_channel && unconfirmed_.size() == 1) {
        finish(unconfirmed_.begin()->second.waiting, fail(errc::refused, why));
        unconfirmed_.clear();
    }
    return fail(errc::unavailable, "channel closed by the broker: " + why);
}

void publisher_role::settle(std::uint64_t tag, bool is_multiple, bool is_ack) {
    auto first = is_multiple ? unconfirmed_.begin() : unconfirmed_.find(tag);
    const auto last = unconfirmed_.upper_bound(tag);
    if (first == unconfirmed_.end()) return;  // swept out before
    for (auto i = first; i != last; ++i) {
        error outcome;
        if (!is_ack) outcome = fail(errc::refused, "nacked by the broker");
        if (!i->second.returned.empty()) outcome = fail(errc::refused, i->second.returned);
        finish(i->second.waiting, std::move(outcome));
    }
    unconfirmed_.erase(first, last);
}

void publisher_role::on_returned(const amqp_basic_properties_t& properties) {
    const std::string id = to_message(properties, nullptr).message_id;
    for (auto& [tag, o] : unconfirmed_) {
        if (o.queue != return_queue_ || o.message_id != id || !o.returned.empty()) continue;
        o.returned = return_text_ + ": queue " + return_queue_;
        return;
    }
}

void publisher_role::on_blocked(bool is_blocked) {
    is_blocked_ = is_blocked;
}

void publisher_role::finish(const operation_ptr& op, error outcome, std::uint32_t depth) {
    if (op) finished_.push_back({op, std::move(outcome), depth});
}

void publisher_role::before_sleep() {
    const auto now = std::chrono::steady_clock::now();
    if (now - swept_at_ > std::chrono::seconds(1)) {
        swept_at_ = now;
        std::erase_if(unconfirmed_, [](const auto& entry) {
            return entry.second.waiting->is_abandoned.load();
        });
    }
    {
        const std::lock_guard lock(mutex_);
        under_way_ = unconfirmed_.size();
    }
    if (finished_.empty()) return;
    asio::post(executor_, [batch = std::exchange(finished_, {})] {
        for (const auto& f : batch) {
            f.waiting->outcome = f.outcome;
            f.waiting->depth = f.depth;
            f.waiting->done.set();
        }
    });
}

void publisher_role::on_lost(const error& why) {
    const bool is_closing = why == errc::shutting_down;
    const error outcome =
        is_closing ? why : fail(errc::unavailable, "the connection broke: " + why.detail);
    for (auto& [tag, o] : unconfirmed_)
        finish(o.waiting, outcome);
    unconfirmed_.clear();
    for (auto& d : depths_)
        finish(d.waiting, outcome);
    depths_.clear();
    {
        const std::lock_guard lock(mutex_);
        is_accepting_ = false;
        for (auto& r : handed_over_)
            finish(r.waiting, outcome);
        handed_over_.clear();
    }
    before_sleep();
}

bool publisher_role::is_flushed() {
    const std::lock_guard lock(mutex_);
    return handed_over_.empty() && unconfirmed_.empty() && depths_.empty();
}

}  // namespace sluice::amqp
