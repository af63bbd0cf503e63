// Theory of operation. `unsettled_` holds the tags of this connection that the broker waits for.
// Acks are taken in batches: those that reach from the oldest unsettled tag without a hole leave as
// one ack with the multiple flag, which is safe because everything below it is in the batch too;
// others leave one by one.
#include "consumer_role.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace sluice::amqp {
namespace {

constexpr amqp_channel_t consumer_channel = 1;

amqp_table_entry_t priority_argument(std::int64_t priority) {
    amqp_table_entry_t argument{};
    argument.key = to_bytes("x-priority");
    argument.value.kind = AMQP_FIELD_KIND_I64;
    argument.value.value.i64 = priority;
    return argument;
}

}  // namespace

bool consumer_role::settle(settlement s) {
    const std::lock_guard lock(mutex_);
    settlements_.push_back(s);  // bounded: each delivery is settled once
    return !std::exchange(is_wake_due_, true);
}

bool consumer_role::want(bool is_consuming) {
    const std::lock_guard lock(mutex_);
    is_consuming_wanted_ = is_consuming;
    return !std::exchange(is_wake_due_, true);
}

bool consumer_role::set_prefetch(std::uint16_t prefetch) {
    const std::lock_guard lock(mutex_);
    prefetch_wanted_ = prefetch;
    return !std::exchange(is_wake_due_, true);
}

bool consumer_role::set_reserve(std::uint16_t reserve) {
    const std::lock_guard lock(mutex_);
    reserve_wanted_ = reserve;
    return !std::exchange(is_wake_due_, true);
}

std::string consumer_role::new_tag() {
    return "sluice-" + std::to_string(++tags_made_);
}

result<void> consumer_role::set_up(wire& w, std::uint64_t connection_number) {
    connection_ = connection_number;
    tag_.clear();
    reserve_tag_.clear();
    ending_.clear();
    unsettled_.clear();
    body_left_ = 0;
    {
        const std::lock_guard lock(mutex_);
        options_.prefetch = prefetch_wanted_;
        options_.reserve = reserve_wanted_;
    }
    amqp_basic_qos(w.get(), consumer_channel, 0, options_.prefetch, 0);
    SLUICE_TRY(w.check_reply());
    {
        const std::lock_guard lock(mutex_);
        // Those of the lost connection: the broker has taken the deliveries back.
        settlements_.clear();
        if (!is_consuming_wanted_) return {};
    }
    // Waits for the answer, so that a queue that is missing is told to connect().
    tag_ = new_tag();
    amqp_table_entry_t argument = priority_argument(options_.priority);
    const amqp_table_t arguments{options_.priority == 0 ? 0 : 1, &argument};
    amqp_basic_consume(
        w.get(),
        consumer_channel,
        to_bytes(options_.queue),
        to_bytes(tag_),
        0,
        options_.auto_ack,
        0,
        arguments
    );
    SLUICE_TRY(w.check_reply());
    if (options_.reserve == 0) return {};
    return subscribe(w, reserve_tag_, options_.reserve, options_.priority - 1);
}

result<bool> consumer_role::drain(wire& w) {
    std::vector<settlement> batch;
    bool is_wanted = false;
    std::uint16_t prefetch = 0;
    std::uint16_t reserve = 0;
    {
        const std::lock_guard lock(mutex_);
        is_wake_due_ = false;
        batch.swap(settlements_);
        is_wanted = is_consuming_wanted_;
        prefetch = prefetch_wanted_;
        reserve = reserve_wanted_;
    }
    // The cancel goes first: what is given back must not come again to this consumer.
    SLUICE_TRY(follow_prefetch(w, prefetch));
    SLUICE_TRY(follow_wish(w, is_wanted));
    SLUICE_TRY(follow_reserve(w, reserve));
    SLUICE_TRY(send_settlements(w, batch));
    return false;
}

// A subscription keeps the bound that it began with, so a new bound means a new one.
result<void> consumer_role::follow_prefetch(wire& w, std::uint16_t wanted) {
    if (wanted == options_.prefetch) return {};
    options_.prefetch = wanted;
    return follow_wish(w, false);
}

result<void> consumer_role::follow_wish(wire& w, bool is_wanted) {
    if (is_wanted == !tag_.empty()) return {};
    if (!is_wanted) {
        SLUICE_TRY(unsubscribe(w, reserve_tag_));
        return unsubscribe(w, tag_);
    }
    SLUICE_TRY(subscribe(w, tag_, options_.prefetch, options_.priority));
    if (options_.reserve == 0) return {};
    return subscribe(w, reserve_tag_, options_.reserve, options_.priority - 1);
}

result<void> consumer_role::follow_reserve(wire& w, std::uint16_t wanted) {
    if (wanted == options_.reserve) return {};
    options_.reserve = wanted;
    SLUICE_TRY(unsubscribe(w, reserve_tag_));
    if (wanted == 0 || tag_.empty()) return {};
    return subscribe(w, reserve_tag_, wanted, options_.priority - 1);
}

// basic.qos holds for the subscriptions that begin after it.
result<void>
consumer_role::subscribe(wire& w, std::string& tag, std::uint16_t prefetch, std::int64_t priority) {
    amqp_basic_qos_t qos{};
    qos.prefetch_count = prefetch;
    SLUICE_TRY(w.send_method(consumer_channel, AMQP_BASIC_QOS_METHOD, &qos));
    tag = new_tag();
    amqp_table_entry_t argument = priority_argument(priority);
    amqp_basic_consume_t consume{};
    consume.queue = to_bytes(options_.queue);
    consume.consumer_tag = to_bytes(tag);
    consume.no_ack = options_.auto_ack;
    consume.arguments = {priority == 0 ? 0 : 1, &argument};
    return w.send_method(consumer_channel, AMQP_BASIC_CONSUME_METHOD, &consume);
}

result<void> consumer_role::unsubscribe(wire& w, std::string& tag) {
    if (tag.empty()) return {};
    amqp_basic_cancel_t cancel{};
    cancel.consumer_tag = to_bytes(tag);
    const auto sent = w.send_method(consumer_channel, AMQP_BASIC_CANCEL_METHOD, &cancel);
    ending_.insert(std::exchange(tag, {}));
    return sent;
}

result<void> consumer_role::send_settlements(wire& w, const std::vector<settlement>& batch) {
    const cork together(w.fd(), batch.size() > 1);
    std::set<std::uint64_t> acked;
    for (const auto& s : batch) {
        // A tag of an older connection, or one settled already: the broker would close the channel.
        if (s.tag.connection != connection_ || !unsettled_.contains(s.tag.tag)) continue;
        if (s.type == settlement::kind::ack) {
            acked.insert(s.tag.tag);
            continue;
        }
        unsettled_.erase(s.tag.tag);
        amqp_basic_nack_t nack{};
        nack.delivery_tag = s.tag.tag;
        nack.requeue = s.type == settlement::kind::requeue;
        SLUICE_TRY(w.send_method(consumer_channel, AMQP_BASIC_NACK_METHOD, &nack));
    }
    return send_acks(w, acked);
}

result<void> consumer_role::send_acks(wire& w, const std::set<std::uint64_t>& tags) {
    const auto send = [&](std::uint64_t tag, bool is_multiple) {
        amqp_basic_ack_t ack{};
        ack.delivery_tag = tag;
        ack.multiple = is_multiple;
        return w.send_method(consumer_channel, AMQP_BASIC_ACK_METHOD, &ack);
    };
    // The longest run from the oldest unsettled one.
    const auto [hole, rest] =
        std::mismatch(unsettled_.begin(), unsettled_.end(), tags.begin(), tags.end());
    const auto run = std::distance(unsettled_.begin(), hole);
    if (run > 0) SLUICE_TRY(send(*std::prev(hole), run > 1));
    for (auto i = rest; i != tags.end(); ++i)
        SLUICE_TRY(send(*i, false));
    for (const auto tag : tags)
        unsettled_.erase(tag);
    return {};
}

result<void> consumer_role::on_frame(wire& w, const amqp_frame_t& frame) {
    if (frame.frame_type == AMQP_FRAME_METHOD) return on_method(w, frame.payload.method);
    if (frame.frame_type == AMQP_FRAME_HEADER) {
        const auto& header = frame.payload.properties;
        const auto* p = static_cast<const amqp_basic_properties_t*>(header.decoded);
        partial_.message = to_message(*p, &partial_.delivery_count);
        body_left_ = header.body_size;
        partial_.message.body.reserve(body_left_);
        if (body_left_ == 0) take_body({});
    } else if (frame.frame_type == AMQP_FRAME_BODY) {
        const auto& bytes = frame.payload.body_fragment;
        take_body({static_cast<const char*>(bytes.bytes), bytes.len});
    }
    return {};
}

void consumer_role::take_body(std::string_view bytes) {
    partial_.message.body.append(bytes);
    body_left_ -= std::min(body_left_, bytes.size());
    if (body_left_ > 0) return;
    if (!options_.auto_ack) unsettled_.insert(partial_.tag.tag);
    arrived_.push_back(std::exchange(partial_, {}));
}

result<void> consumer_role::on_method(wire&, const amqp_method_t& method) {
    switch (method.id) {
        case AMQP_BASIC_DELIVER_METHOD: {
            const auto* d = static_cast<const amqp_basic_deliver_t*>(method.decoded);
            partial_ = {};
            partial_.tag = {connection_, d->delivery_tag};
            partial_.is_redelivered = d->redelivered;
            return {};
        }
        case AMQP_BASIC_CANCEL_METHOD:
            return fail(errc::unavailable, "the broker ended the subscription (queue deleted?)");
        case AMQP_BASIC_CANCEL_OK_METHOD: {
            const auto* ended = static_cast<const amqp_basic_cancel_ok_t*>(method.decoded);
            ending_.erase(to_string(ended->consumer_tag));
            if (!ending_.empty() || !tag_.empty()) return {};
            before_sleep();  // what came before it is passed on before it
            asio::post(executor_, listener_.cancelled);
            return {};
        }
        case AMQP_CHANNEL_CLOSE_METHOD: {
            const auto* closed = static_cast<const amqp_channel_close_t*>(method.decoded);
            return fail(
                errc::unavailable,
                "channel closed by the broker: " + to_string(closed->reply_text)
            );
        }
        default:
            return {};
    }
}

void consumer_role::before_sleep() {
    if (arrived_.empty()) return;
    asio::post(
        executor_,
        [batch = std::exchange(arrived_, {}), heard = listener_.delivered]() mutable {
            heard(std::move(batch));
        }
    );
}

void consumer_role::on_lost(const error&) {
    arrived_.clear();  // nobody has seen them; they come again
    unsettled_.clear();
    asio::post(executor_, [heard = listener_.lost, number = connection_] { heard(number); });
}

bool consumer_role::is_flushed() {
    const std::lock_guard lock(mutex_);
    return settlements_.empty();
}

// A channel of RabbitMQ sends at most 32 settlements to a quorum queue at a time and keeps the rest
// in its own memory, which ends with the channel; those messages would come again to others. To
// cancel the subscription is a command of the queue's log behind them: by its answer the first are
// done, and by the next answer the channel has sent the rest. After stop() there is nothing left to
// cancel; then acks come one by one as work ends, far below that bound.
void consumer_role::before_close(wire& w) {
    for (const auto* tag : {&reserve_tag_, &tag_}) {
        if (tag->empty()) continue;
        amqp_basic_cancel(w.get(), consumer_channel, to_bytes(*tag));
        if (!w.check_reply()) return;
    }
    if (tag_.empty()) return;
    amqp_basic_qos(w.get(), consumer_channel, 0, options_.prefetch, 0);
    // A failure ends the connection a moment early; the messages come again, which is allowed.
    (void)w.check_reply();
}

}  // namespace sluice::amqp
