// Takes due deliveries and sends them by their channel: webhooks, or mail. Theory of operation: a
// delivery is made with the result that it tells of, so nothing is lost before it is claimed here;
// a claim is a lease, so nothing is lost if this process dies with it, and then it is sent twice:
// at least once. The loop is woken by what this process stores, and looks by itself for what others
// left, what is due again, and replays. Places are bounded for all, for each host and for each
// user, so a dead target holds few of them.
#pragma once

#include "delivery_channel.hpp"
#include "webhook_rules.hpp"

#include "sluice/observe/metrics.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"

namespace sluice::notification {

struct delivery_settings {
    std::int64_t concurrency = 32;
    std::int64_t per_host = 4;
    std::int64_t per_user = 8;
    std::chrono::milliseconds timeout{10000};
    webhook_retries retries = {};
    std::chrono::milliseconds keep{std::chrono::hours(24 * 7)};
    std::chrono::milliseconds interval{1000};
};

class webhook_dispatcher {
public:
    webhook_dispatcher(
        asio::any_io_executor executor,
        webhook_queue& queue,
        delivery_channel& channel,
        const clock& time,
        delivery_settings settings,
        runtime::gate& deliveries
    );

    void wake() { wanted_.set(); }
    void stop();
    awaitable<void> run();  // until stop()
    // Claims what there is room for and starts it; how many.
    awaitable<std::size_t> start_due();

private:
    awaitable<void> deliver(webhook_delivery d);
    awaitable<void> try_once(webhook_delivery d);
    awaitable<void> settle(webhook_delivery d, webhook_answer answer, webhook_verdict verdict);
    awaitable<void> keep_house();
    void take_place(const webhook_delivery& d);
    void give_place(const webhook_delivery& d);

    webhook_queue& queue_;
    delivery_channel& channel_;
    const clock& time_;
    delivery_settings settings_;
    runtime::gate& deliveries_;
    runtime::event wanted_;
    bool is_stopping_ = false;
    steady_time next_housekeeping_{};
    std::int64_t in_flight_ = 0;
    webhook_load load_;
    observe::counter delivered_, retried_, failed_;
    observe::gauge in_flight_gauge_, due_gauge_;
    observe::histogram seconds_;
};

}  // namespace sluice::notification
