// What a webhook tells, signed, to the URL of its delivery.
#pragma once

#include "delivery_channel.hpp"

namespace sluice::notification {

class webhook_channel final : public delivery_channel {
public:
    // A body above `max_body` carries shortened outputs.
    webhook_channel(
        webhook_queue& queue,
        result_store& results,
        webhook_sender& sender,
        const clock& time,
        std::size_t max_body
    )
        : queue_(queue), results_(results), sender_(sender), time_(time), max_body_(max_body) {}

    const char* name() const override { return "webhook"; }
    awaitable<result<std::optional<webhook_answer>>> attempt(webhook_delivery d) override;

private:
    awaitable<result<std::optional<std::string>>> body_of(webhook_delivery d);

    webhook_queue& queue_;
    result_store& results_;
    webhook_sender& sender_;
    const clock& time_;
    std::size_t max_body_;
};

}  // namespace sluice::notification
