// Publishes with confirms over one connection that its own thread owns (librabbitmq is synchronous
// and not thread-safe). The thread wakes by eventfd and poll: nothing waits for a timer. Reconnects
// with backoff.
#pragma once

#include "sluice/amqp/config.hpp"
#include "sluice/amqp/message.hpp"
#include "sluice/amqp/topology.hpp"
#include "sluice/core/deadline.hpp"
#include "sluice/core/error.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <memory>
#include <string>

namespace sluice::amqp {

class publisher {
public:
    // `name` is shown in the management page and labels the metrics sluice_amqp_*{connection=name}.
    publisher(asio::any_io_executor executor, std::string name, config c, topology t);
    ~publisher();

    // First connection; errc::unavailable after `until`. Later losses reconnect by themselves.
    awaitable<result<void>> connect(deadline until);
    bool is_connected() const;

    // To the default exchange with routing key `queue`, mandatory, persistent per message. Success
    // = the broker confirmed. errc::unavailable at once when disconnected (nothing was sent) or
    // when the connection broke before the confirm (unknown: publish again, ids make it
    // idempotent); errc::timeout (unknown as well); errc::refused on nack or when no such queue;
    // errc::overloaded when too many are under way (nothing was sent).
    awaitable<result<void>> publish(std::string queue, message m, deadline until);

    // Best effort, no confirm, never waits: dropped (and counted) when disconnected or when the
    // bounded hand-over is full. Messages of both kinds leave in the order of the calls.
    void publish_transient(std::string queue, message m);

    // Messages ready in a queue (passive declare); errc::not_found.
    awaitable<result<std::uint32_t>> depth(std::string queue, deadline until);

    awaitable<void> close();  // waits for outstanding confirms (bounded), then disconnects

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace sluice::amqp
