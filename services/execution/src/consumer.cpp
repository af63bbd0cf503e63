// Theory of operation. Every delivery is settled exactly once. `settlement` is its guard: unless
// ack or dead-letter was decided, its destructor gives the delivery back, so that a cancelled or
// thrown-through coroutine loses nothing. The slot is freed when the run ends, before the result is
// confirmed and the task acked; those go on beside the next run, bounded by worker_slots.
#include "consumer.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/event.hpp"

#include <charconv>
#include <utility>

namespace sluice::execution {
namespace {

class settlement {
public:
    settlement(task_source& source, amqp::delivery_tag tag) : source_(source), tag_(tag) {}
    ~settlement() {
        if (!is_settled_) source_.nack(tag_, true);
    }
    settlement(const settlement&) = delete;
    settlement& operator=(const settlement&) = delete;

    void ack() {
        source_.ack(tag_);
        is_settled_ = true;
    }
    void dead_letter() {
        source_.nack(tag_, false);
        is_settled_ = true;
    }

private:
    task_source& source_;
    amqp::delivery_tag tag_;
    bool is_settled_ = false;
};

constexpr std::chrono::milliseconds pause_after_error{200};

// In the list for as long as the task is in hand, however that ends.
class listed_job {
public:
    listed_job(std::list<job>& all, job j)
        : all_(all), place_(all.insert(all.end(), std::move(j))) {}
    ~listed_job() { all_.erase(place_); }
    listed_job(const listed_job&) = delete;
    listed_job& operator=(const listed_job&) = delete;

private:
    std::list<job>& all_;
    std::list<job>::iterator place_;
};

}  // namespace

observe::context context_of(const domain::task& t, const amqp::delivery& d) {
    observe::context ctx;
    ctx.correlation_id = t.correlation_id.to_string();
    ctx.submission_id = t.id.to_string();
    ctx.user_id = t.user_id;
    ctx.attempt = static_cast<int>(d.delivery_count) + 1;
    const auto trace = d.message.headers.find("traceparent");
    if (trace != d.message.headers.end() && observe::is_valid_traceparent(trace->second)) {
        ctx.traceparent = trace->second;
    }
    return ctx;
}

consumer::consumer(
    task_source& source,
    result_sink& results,
    execution_ports& ports,
    worker_slots& slots,
    runtime::gate& tasks
)
    : source_(source), results_(results), ports_(ports), slots_(slots), tasks_(tasks) {}

void consumer::pause() {
    if (std::exchange(is_paused_, true)) return;
    source_.pause();
    observe::info({}, "paused");
}

void consumer::resume() {
    if (!std::exchange(is_paused_, false)) return;
    source_.resume();
    observe::info({}, "resumed");
}

void consumer::change_reserve(std::uint16_t most) {
    reserve_.change(most);
    source_.set_reserve(reserve_.wanted());
}

awaitable<void> consumer::run() {
    for (;;) {
        auto slot = co_await slots_.acquire();
        if (!slot) co_return;
        auto delivery = co_await source_.receive();
        if (!delivery) {
            if (is_interruption(delivery.error())) co_return;
            // The source reconnects by itself; whatever comes through here is not expected to last.
            observe::error({}, "receive_failed", {{"error", delivery.error()}});
            runtime::event never(co_await asio::this_coro::executor);
            auto waited = co_await never.wait(deadline::in(pause_after_error));
            if (waited || !(waited.error() == errc::timeout)) co_return;
            continue;
        }
        const amqp::delivery_tag tag = delivery->tag;
        auto task = one(std::move(*slot), std::move(*delivery));
        // A closed gate means that the drain came between: the task has not begun.
        if (!tasks_.spawn("task", std::move(task))) source_.nack(tag, true);
    }
}

awaitable<void> consumer::one(worker_slots::lease slot, amqp::delivery d) {
    settlement fate_of_delivery(source_, d.tag);
    auto task = messages::decode_task(d.message.body);
    if (!task) {
        observe::context unread;
        unread.correlation_id = d.message.correlation_id;
        unread.submission_id = d.message.message_id;
        observe::error(unread, "task_undecodable", {{"error", task.error()}});
        ports_.metrics.undecodable.increment();
        fate_of_delivery.dead_letter();
        co_return;
    }
    observe::context ctx = context_of(*task, d);
    const wall_time taken_at = ports_.time.now();
    const auto began = ports_.time.steady();
    ports_.metrics.waited(task->created_at, taken_at);
    job mine{
        ctx.submission_id,
        ctx.correlation_id,
        ctx.user_id,
        task->language,
        ctx.attempt,
        taken_at};
    const listed_job listed(jobs_, std::move(mine));
    observe::info(
        ctx,
        "task_taken",
        {{"language", task->language}, {"waited_ms", (taken_at - task->created_at).count()}}
    );
    d.message.body.clear();  // a task may be megabytes; only its decoded form is needed from here
    d.message.body.shrink_to_fit();

    domain::run_result ours = internal_error(*task, "", ports_.worker_id, ctx.attempt);
    ours.times.taken_at = taken_at;
    execution_end end = co_await execute_submission(ctx, ports_, std::move(*task), slot, taken_at);
    slot.end_run();
    reserve_.held(ports_.time.steady() - began);
    source_.set_reserve(reserve_.wanted());

    if (!end.result) {
        const fate what = fate_of(end.why, d.delivery_count);
        observe::log(
            end.why == failure::interrupted ? observe::level::info : observe::level::warn,
            ctx,
            what == fate::give_back ? "task_given_back" : "task_failed",
            {{"message", end.message}, {"error", end.detail}}
        );
        if (what == fate::give_back) {
            if (end.why != failure::interrupted) ports_.metrics.retries.increment();
            co_return;
        }
        ours.message = std::move(end.message);
        end.result = std::move(ours);
    }
    const bool is_confirmed = co_await finish(ctx, std::move(*end.result));
    if (is_confirmed) fate_of_delivery.ack();
}

// True when the broker has the result.
awaitable<bool> consumer::finish(observe::context ctx, domain::run_result r) {
    const installed_language known = ports_.languages.find(r.language);
    ports_.metrics.finished(r, known.language != nullptr ? known.language->id : "unknown");
    observe::info(
        ctx,
        "run_finished",
        {{"status", domain::to_string(r.status)},
         {"language", r.language},
         {"cpu_ms", r.cpu_us / 1000},
         {"wall_ms", r.wall_us / 1000},
         {"compile_cached", r.compile && r.compile->is_cached}}
    );
    auto published = co_await results_.publish(ctx, std::move(r));
    if (!published) {
        observe::warn(ctx, "result_not_published", {{"error", published.error()}});
        co_return false;
    }
    observe::info(ctx, "result_published");
    co_return true;
}

}  // namespace sluice::execution
