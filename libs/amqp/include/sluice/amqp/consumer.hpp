// Consumes one queue with a prefetch. At least once: what is not acked comes again, with
// `is_redelivered` and the broker's delivery count. One connection and owner thread per consumer;
// reconnects with backoff.
#pragma once

#include "sluice/amqp/config.hpp"
#include "sluice/amqp/message.hpp"
#include "sluice/amqp/topology.hpp"
#include "sluice/core/deadline.hpp"
#include "sluice/core/error.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sluice::amqp {

// Names one delivery on one connection; acking one of a lost connection does nothing (it comes
// again).
struct delivery_tag {
    std::uint64_t connection = 0;
    std::uint64_t tag = 0;
};

struct delivery {
    amqp::message message;
    delivery_tag tag;
    bool is_redelivered = false;
    std::int64_t delivery_count =
        0;  // x-delivery-count of quorum queues: earlier failed deliveries
};

struct consume_options {
    std::string queue;
    std::uint16_t prefetch = 1;
    bool auto_ack = false;      // for transient progress only
    std::int64_t priority = 0;  // x-priority
    // So many more, by a subscription of the next lower priority: they come only while no consumer
    // of the queue has room within its prefetch. See rabbitmq.com/docs/consumer-priority.
    std::uint16_t reserve = 0;
};

class consumer {
public:
    consumer(
        asio::any_io_executor executor,
        std::string name,
        config c,
        topology t,
        consume_options o
    );
    ~consumer();

    awaitable<result<void>> connect(deadline until);  // as publisher::connect
    bool is_connected() const;

    // The next delivery, waiting as long as it takes (reconnections included). errc::shutting_down
    // after stop(); errc::cancelled. At most `prefetch` + `reserve` are handed out unacked.
    awaitable<result<delivery>> receive();
    // A delivery that is already here, without waiting (for batching).
    std::optional<delivery> try_receive();

    void ack(delivery_tag tag);
    // Back to the queue (counts towards its delivery limit) or, with requeue = false, to its
    // dead-letter queue.
    void nack(delivery_tag tag, bool requeue);

    void pause();  // basic.cancel; what was delivered but not yet received goes back
    void resume();
    // From now on at most so many unacked (at least 1): what has arrived goes back and the
    // subscription begins anew. What is handed out stays.
    void set_prefetch(std::uint16_t prefetch);
    // What has arrived stays here, so that nothing is given back for it.
    void set_reserve(std::uint16_t reserve);
    // basic.cancel, gives back what was not received; unacked deliveries may still be acked until
    // close().
    awaitable<void> stop();
    awaitable<void> close();

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace sluice::amqp
