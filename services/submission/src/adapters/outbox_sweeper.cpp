// While the broker is away only its state is looked at, often, so that the sweep begins as soon as
// it is back; otherwise the timer is slow, because the normal path publishes by itself.
#include "outbox_sweeper.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

constexpr std::chrono::milliseconds reconnect_look{200};
// While something is pending: rows of the last seconds have yet to reach their age.
constexpr std::chrono::milliseconds busy_look{1000};
constexpr std::chrono::seconds housekeeping_interval{60};

}  // namespace

// One batch on its way: who was confirmed, how many are open.
struct outbox_sweeper::round {
    explicit round(asio::any_io_executor executor) : all_answered(std::move(executor)) {}
    std::vector<submission_id> confirmed;
    std::size_t open = 0;
    runtime::event all_answered;
};

outbox_sweeper::outbox_sweeper(
    asio::any_io_executor executor,
    postgres_outbox& outbox,
    task_queue& queue,
    outbox_level& level,
    const clock& time,
    sweep_settings settings
)
    : executor_(executor)
    , outbox_(outbox)
    , queue_(queue)
    , level_(level)
    , time_(time)
    , settings_(settings)
    , stopping_(executor)
    , republished_(observe::metrics::instance().get_counter(
          "sluice_submission_republished_total",
          "tasks that the outbox sweeper published"
      )) {}

void outbox_sweeper::stop() {
    stopping_.set();
}

awaitable<void> outbox_sweeper::run(runtime::gate& tasks) {
    bool was_connected = false;
    while (!stopping_.is_set()) {
        const bool is_connected = queue_.is_connected();
        const bool is_back = is_connected && !was_connected;
        was_connected = is_connected;
        if (is_back || time_.steady() >= next_look_) co_await look(tasks);
        const auto usual = level_.pending() > 0 ? busy_look : settings_.interval;
        const auto pause = queue_.is_connected() ? usual : reconnect_look;
        const auto woken = co_await stopping_.wait(deadline::in(pause));
        if (!woken && woken.error() == errc::cancelled) co_return;
    }
}

awaitable<void> outbox_sweeper::look(runtime::gate& tasks) {
    auto done = co_await recount();
    next_look_ = time_.steady() + (level_.pending() > 0 ? busy_look : settings_.interval);
    if (done && queue_.is_connected() && level_.pending() > 0) {
        std::int64_t published = 0;
        for (bool again = true; again && !stopping_.is_set();) {
            const auto batch = co_await sweep_unpublished(tasks);
            if (!batch) done = batch.error();
            const std::int64_t count = batch ? *batch : 0;
            published += count;
            again = count == settings_.batch;
        }
        if (published > 0) {
            observe::info({}, "outbox_swept", {{"published", published}});
            const auto counted = co_await recount();
            if (!counted) done = counted.error();
        }
    }
    if (!done) observe::warn({}, "outbox_sweep_failed", {{"error", done.error()}});
    if (done && time_.steady() >= next_housekeeping_) co_await housekeeping(tasks);
}

awaitable<void> outbox_sweeper::housekeeping(runtime::gate& tasks) {
    next_housekeeping_ = time_.steady() + housekeeping_interval;
    if (queue_.is_connected()) {
        const auto requeued = co_await sweep_overdue(tasks);
        if (!requeued) observe::warn({}, "requeue_failed", {{"error", requeued.error()}});
        if (requeued && *requeued > 0) observe::warn({}, "tasks_requeued", {{"count", *requeued}});
    }
    const auto forgotten = co_await outbox_.forget_keys(time_.now() - settings_.idempotency_keep);
    if (!forgotten) observe::warn({}, "forget_keys_failed", {{"error", forgotten.error()}});
}

awaitable<result<void>> outbox_sweeper::recount() {
    level_.count_begins();
    const auto pending = co_await outbox_.count(level_.maximum() + 1);
    if (!pending) co_return pending.error();
    level_.count_ended(*pending);
    co_return result<void>();
}

awaitable<result<std::int64_t>> outbox_sweeper::sweep_unpublished(runtime::gate& tasks) {
    auto tx = co_await outbox_.begin();
    if (!tx) co_return tx.error();
    const wall_time settled = time_.now() - settings_.settle_after;
    auto claimed = co_await postgres_outbox::claim_unpublished(*tx, settled, settings_.batch);
    if (!claimed) co_return claimed.error();
    co_return co_await publish_and_mark(tasks, std::move(*tx), std::move(*claimed));
}

awaitable<result<std::int64_t>> outbox_sweeper::sweep_overdue(runtime::gate& tasks) {
    auto tx = co_await outbox_.begin();
    if (!tx) co_return tx.error();
    const wall_time now = time_.now();
    const requeue_rule rule{now, now - settings_.requeue_after, settings_.max_publishes};
    auto claimed = co_await postgres_outbox::claim_overdue(*tx, rule, settings_.batch);
    if (!claimed) co_return claimed.error();
    co_return co_await publish_and_mark(tasks, std::move(*tx), std::move(*claimed));
}

awaitable<result<std::int64_t>> outbox_sweeper::publish_and_mark(
    runtime::gate& tasks,
    postgres::transaction tx,
    std::vector<outgoing_task> claimed
) {
    if (claimed.empty()) co_return 0;
    auto confirmed = co_await publish_all(tasks, std::move(claimed));
    if (confirmed.empty()) co_return fail(errc::unavailable, "the broker confirmed none");
    const auto count = static_cast<std::int64_t>(confirmed.size());
    const auto marked =
        co_await postgres_outbox::mark_published(tx, std::move(confirmed), time_.now());
    if (!marked) co_return marked.error();
    const auto done = co_await tx.commit();
    if (!done) co_return done.error();
    republished_.increment(static_cast<double>(count));
    co_return count;
}

awaitable<std::vector<submission_id>>
outbox_sweeper::publish_all(runtime::gate& tasks, std::vector<outgoing_task> claimed) {
    auto r = std::make_shared<round>(executor_);
    r->open = claimed.size();
    for (auto& task : claimed) {
        if (!tasks.spawn("sweep", publish_one(r, std::move(task)))) --r->open;
    }
    if (r->open > 0) co_await r->all_answered.wait();
    co_return std::move(r->confirmed);
}

awaitable<void> outbox_sweeper::publish_one(std::shared_ptr<round> r, outgoing_task task) {
    const submission_id id = task.id;
    const auto published = co_await queue_.publish(std::move(task));
    if (published) r->confirmed.push_back(id);
    if (--r->open == 0) r->all_answered.set();
}

}  // namespace sluice::submission
