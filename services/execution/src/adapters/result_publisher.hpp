// Gets a result into the broker: with confirm and deadline, again after a backoff, until it is
// confirmed or the process stops. Publishing twice is harmless: the first stored result wins.
#pragma once

#include "decisions.hpp"
#include "ports.hpp"
#include "probe.hpp"

#include "sluice/runtime/backoff.hpp"
#include "sluice/runtime/event.hpp"

#include <chrono>

namespace sluice::execution {

class result_publisher final : public result_sink {
public:
    struct options {
        std::string queue;
        std::chrono::milliseconds confirm_timeout{5000};
        runtime::backoff_policy retry;
    };
    result_publisher(
        asio::any_io_executor executor,
        confirm_channel& channel,
        probe& metrics,
        options o
    );

    awaitable<result<void>> publish(observe::context ctx, domain::run_result r) override;
    // Waiting publishes give up at once with errc::shutting_down.
    void stop() { stopped_.set(); }

private:
    confirm_channel& channel_;
    probe& metrics_;
    options options_;
    runtime::event stopped_;
};

amqp::message result_message(const observe::context& ctx, const domain::run_result& r);

}  // namespace sluice::execution
