// See consumers.hpp.
#include "consumers.hpp"

#include "use_cases/end_without_result.hpp"
#include "use_cases/persist_results.hpp"
#include "use_cases/route_event.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/observe/log.hpp"

namespace sluice::notification {
namespace {

observe::context context_of(const amqp::message& m) {
    observe::context c;
    c.submission_id = m.message_id;
    c.correlation_id = m.correlation_id;
    if (const auto found = m.headers.find("traceparent"); found != m.headers.end()) {
        c.traceparent = found->second;
    }
    return c;
}

void note_poison(ports& p, const amqp::message& m, const error& why, std::string_view queue) {
    p.metrics.poison.increment();
    observe::error(
        context_of(m),
        "poison_message",
        {{"queue", queue}, {"content_type", m.content_type}, {"error", why}}
    );
}

}  // namespace

results_consumer::results_consumer(
    asio::any_io_executor executor,
    amqp::consumer& source,
    ports& p,
    batch_config settings,
    runtime::gate& batches
)
    : source_(source), ports_(p), settings_(settings), batches_(batches), has_place_(executor) {
    has_place_.set();
}

awaitable<void> results_consumer::run() {
    for (;;) {
        auto first = co_await source_.receive();
        if (!first) co_return;
        std::vector<amqp::delivery> batch;
        auto bytes = static_cast<std::int64_t>(first->message.body.size());
        batch.push_back(std::move(*first));
        while (static_cast<std::int64_t>(batch.size()) < settings_.max_results &&
               bytes < settings_.max_bytes.value) {
            auto next = source_.try_receive();
            if (!next) break;
            bytes += static_cast<std::int64_t>(next->message.body.size());
            batch.push_back(std::move(*next));
        }
        if (++in_flight_ >= settings_.in_flight) has_place_.reset();
        ports_.metrics.in_hand.add(static_cast<double>(batch.size()));
        if (!batches_.spawn("result batch", handle(std::move(batch)))) co_return;
        auto place = co_await has_place_.wait();
        if (!place) co_return;
    }
}

awaitable<void> results_consumer::handle(std::vector<amqp::delivery> batch) {
    const auto size = static_cast<double>(batch.size());
    bool has_failed = false;
    try {
        co_await handle_decodable(batch);
    } catch (const std::exception& e) {
        // A bug of ours: the broker's delivery limit bounds how often it is met.
        observe::error({}, "batch_failed", {{"message", e.what()}});
        has_failed = true;
    }
    if (has_failed) {
        for (const amqp::delivery& d : batch)
            source_.nack(d.tag, true);
    }
    ports_.metrics.in_hand.add(-size);
    --in_flight_;
    has_place_.set();
}

awaitable<void> results_consumer::handle_decodable(const std::vector<amqp::delivery>& batch) {
    std::vector<domain::run_result> results;
    std::vector<const amqp::delivery*> from;
    for (const amqp::delivery& d : batch) {
        auto decoded = messages::decode_result(d.message.body);
        if (decoded && domain::is_terminal(decoded->status)) {
            results.push_back(std::move(*decoded));
            from.push_back(&d);
            continue;
        }
        const error why = decoded ? fail(errc::invalid, "not a terminal status") : decoded.error();
        note_poison(ports_, d.message, why, "results");
        source_.nack(d.tag, false);
    }
    if (results.empty()) co_return;
    const auto fates = co_await persist_results(ports_, std::move(results));
    for (std::size_t i = 0; i < fates.size(); ++i) {
        if (fates[i] == fate::done) {
            source_.ack(from[i]->tag);
        } else {
            source_.nack(from[i]->tag, fates[i] == fate::give_back);
        }
    }
}

awaitable<void> dead_task_consumer::run() {
    for (;;) {
        auto taken = co_await source_.receive();
        if (!taken) co_return;
        const amqp::message& m = taken->message;
        auto task = messages::decode_task(m.body);
        if (!task) {
            // There is no queue behind this one; the sweeper ends the submission by its row.
            note_poison(ports_, m, task.error(), "dead tasks");
            source_.ack(taken->tag);
            continue;
        }
        const auto reason = m.headers.find("x-first-death-reason");
        const bool was_refused = reason != m.headers.end() && reason->second == "rejected";
        const int deliveries = was_refused ? 1 : static_cast<int>(messages::delivery_limit) + 1;
        observe::warn(context_of(m), "task_dead", {{"deliveries", deliveries}});
        std::vector<domain::run_result> one;
        one.push_back(end_dead_task(*task, deliveries, ports_.time.now()));
        const auto fates = co_await persist_results(ports_, std::move(one));
        if (fates.front() == fate::give_back) {
            source_.nack(taken->tag, true);
            continue;
        }
        ports_.metrics.dead_tasks.increment();
        source_.ack(taken->tag);
    }
}

awaitable<void> progress_consumer::run() {
    for (;;) {
        auto next = co_await source_.receive();
        if (!next) co_return;
        std::vector<emission> events;
        std::optional<amqp::delivery> taken(std::move(*next));
        while (taken) {
            auto p = messages::decode_progress(taken->message.body);
            if (p) {
                events.push_back(route_progress(*p));
            } else {
                note_poison(ports_, taken->message, p.error(), "progress");
            }
            taken = events.size() < max_batch_ ? source_.try_receive() : std::nullopt;
        }
        if (events.empty()) continue;
        const auto answers = co_await ports_.events.emit(std::move(events));
        for (const auto& answer : answers) {
            if (!answer) ports_.metrics.progress_dropped.increment();
        }
    }
}

}  // namespace sluice::notification
