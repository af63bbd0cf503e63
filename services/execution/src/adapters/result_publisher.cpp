// See result_publisher.hpp.
#include "adapters/result_publisher.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/observe/log.hpp"

#include <utility>

namespace sluice::execution {

amqp::message result_message(const observe::context& ctx, const domain::run_result& r) {
    amqp::message m;
    m.body = messages::encode(r);
    m.content_type = messages::result_content_type;
    m.message_id = ctx.submission_id;
    m.correlation_id = ctx.correlation_id;
    m.headers["attempt"] = std::to_string(ctx.attempt);
    if (!ctx.traceparent.empty()) m.headers["traceparent"] = ctx.traceparent;
    return m;
}

result_publisher::result_publisher(
    asio::any_io_executor executor,
    confirm_channel& channel,
    probe& metrics,
    options o
)
    : channel_(channel), metrics_(metrics), options_(std::move(o)), stopped_(std::move(executor)) {}

awaitable<result<void>> result_publisher::publish(observe::context ctx, domain::run_result r) {
    const amqp::message message = result_message(ctx, r);
    runtime::backoff delays(options_.retry);
    for (;;) {
        if (stopped_.is_set()) co_return fail(errc::shutting_down);
        amqp::message copy = message;
        const deadline until = deadline::in(options_.confirm_timeout);
        auto confirmed = co_await channel_.publish(options_.queue, std::move(copy), until);
        if (confirmed) co_return result<void>();
        if (is_interruption(confirmed.error())) co_return confirmed;
        metrics_.republished.increment();
        observe::warn(ctx, "result_publish_retry", {{"error", confirmed.error()}});
        auto stopped = co_await stopped_.wait(deadline::in(delays.next()));
        if (stopped) co_return fail(errc::shutting_down);
        if (!(stopped.error() == errc::timeout)) co_return stopped;
    }
}

}  // namespace sluice::execution
