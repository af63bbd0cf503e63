// See amqp_results.hpp.
#include "amqp_results.hpp"

#include "sluice/messages/codec.hpp"

namespace sluice::submission {
namespace {

amqp::message message_of(const domain::run_result& r) {
    amqp::message m;
    m.body = messages::encode(r);
    m.content_type = messages::result_content_type;
    m.message_id = r.id.to_string();
    m.correlation_id = r.correlation_id.to_string();
    return m;
}

amqp::message queued_news(const domain::run_result& r) {
    domain::progress p;
    p.kind = domain::progress_kind::queued;
    p.id = r.id;
    p.correlation_id = r.correlation_id;
    p.user_id = r.user_id;
    p.language = r.language;
    p.at = r.times.created_at.value_or(wall_time{});
    amqp::message m;
    m.body = messages::encode(p);
    m.content_type = messages::progress_content_type;
    m.message_id = r.id.to_string();
    m.correlation_id = r.correlation_id.to_string();
    m.is_persistent = false;
    return m;
}

}  // namespace

awaitable<result<void>> amqp_results::publish(domain::run_result value) {
    publisher_.publish_transient(queues_.progress_queue, queued_news(value));
    return publisher_
        .publish(queues_.execution_queue, message_of(value), deadline::in(confirm_timeout_));
}

}  // namespace sluice::submission
