// The event goes out before the task on the same connection, so "queued" cannot overtake "running"
// by our doing; it is transient, the task is persistent and confirmed.
#include "amqp_queue.hpp"

#include "sluice/messages/codec.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

amqp::message queued_message(const outgoing_task& task) {
    domain::progress p;
    p.kind = domain::progress_kind::queued;
    p.id = task.id;
    p.correlation_id = task.correlation_id;
    p.user_id = task.owner;
    p.language = task.language;
    p.at = task.created_at;
    amqp::message m;
    m.body = messages::encode(p);
    m.content_type = messages::progress_content_type;
    m.message_id = task.id.to_string();
    m.correlation_id = task.correlation_id.to_string();
    m.is_persistent = false;
    return m;
}

amqp::message task_message(outgoing_task task, wall_time now) {
    const auto left = std::max<std::int64_t>(0, unix_ms(task.deadline_at) - unix_ms(now));
    amqp::message m;
    m.body = std::move(task.body);
    m.content_type = messages::task_content_type;
    m.message_id = task.id.to_string();
    m.correlation_id = task.correlation_id.to_string();
    m.headers["attempt"] = "1";
    m.headers["deadline-ms"] = std::to_string(left);
    if (!task.traceparent.empty()) m.headers["traceparent"] = task.traceparent;
    return m;
}

}  // namespace

amqp_queue::amqp_queue(
    amqp::publisher& publisher,
    messages::queue_names queues,
    std::chrono::milliseconds confirm_timeout,
    const clock& time
)
    : publisher_(publisher)
    , queues_(std::move(queues))
    , confirm_timeout_(confirm_timeout)
    , time_(time) {}

awaitable<result<void>> amqp_queue::publish(outgoing_task task) {
    if (!task.is_announced) announce(task);
    amqp::message m = task_message(std::move(task), time_.now());
    return publisher_
        .publish(queues_.submission_queue, std::move(m), deadline::in(confirm_timeout_));
}

void amqp_queue::announce(const outgoing_task& task) {
    publisher_.publish_transient(queues_.progress_queue, queued_message(task));
}

amqp::topology topology_of(const messages::queue_names& queues) {
    return amqp::topology::of(messages::queues_of(
        queues,
        {queues.submission_queue, queues.submission_dead, queues.progress_queue}
    ));
}

}  // namespace sluice::submission
