// Everything that the administrators' API needs, put together in one place for app.cpp.
#pragma once

#include "adapters/postgres_admin.hpp"
#include "adapters/redis_fleet.hpp"
#include "admin_ports.hpp"

#include "sluice/amqp/publisher.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/runtime/event.hpp"

namespace sluice::submission {

// Asked by passive declarations, which need no rights and no management plugin.
class amqp_queues final : public queue_reader {
public:
    amqp_queues(amqp::publisher& publisher, messages::queue_names names)
        : publisher_(publisher), names_(std::move(names)) {}
    awaitable<std::vector<queue_depth>> depths() override;
    awaitable<std::optional<std::int64_t>> queued();

private:
    amqp::publisher& publisher_;
    messages::queue_names names_;
};

class admin_service {
public:
    admin_service(
        asio::any_io_executor executor,
        redis::client& redis,
        redis::config redis_config,
        amqp::config broker,
        postgres::pool& pool,
        messages::queue_names names,
        const clock& time
    );
    admin_ports& ports() { return ports_; }
    // How many tasks stand in the submission queue; nullopt: cannot be told.
    awaitable<std::optional<std::int64_t>> queued();
    awaitable<void> connect(deadline until);  // what is away now comes by itself
    // Until stop(): shows the stored values to the instances.
    awaitable<void> run();
    void stop() { stopping_.set(); }
    awaitable<void> close();

private:
    // A connection of its own: asking for a queue that is missing closes the channel.
    amqp::publisher asker_;
    redis_fleet fleet_;
    postgres_admin store_;
    amqp_queues queues_;
    runtime::event stopping_;
    admin_ports ports_;
};

}  // namespace sluice::submission
