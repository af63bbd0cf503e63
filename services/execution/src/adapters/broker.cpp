// See broker.hpp.
#include "adapters/broker.hpp"

#include "sluice/messages/codec.hpp"

#include <utility>

namespace sluice::execution {

void broker_progress::publish(const observe::context& ctx, const domain::progress& p) {
    amqp::message m;
    m.body = messages::encode(p);
    m.content_type = messages::progress_content_type;
    m.message_id = ctx.submission_id;
    m.correlation_id = ctx.correlation_id;
    if (!ctx.traceparent.empty()) m.headers["traceparent"] = ctx.traceparent;
    m.is_persistent = false;
    publisher_.publish_transient(queue_, std::move(m));
}

}  // namespace sluice::execution
