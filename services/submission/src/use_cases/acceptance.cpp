// See acceptance.hpp.
#include "acceptance.hpp"

#include "sluice/observe/log.hpp"
#include "sluice/runtime/gate.hpp"

#include <algorithm>
#include <utility>

namespace sluice::submission {
namespace {

constexpr int outbox_retry_seconds = 5;
// Publishes of one batch that wait for their confirms at the same time.
constexpr std::size_t side_by_side = 100;
// Far beyond the time after which the queue itself gives up on a confirm.
constexpr std::chrono::minutes longest_publish{1};

// Which programs the task has, as the client names them.
std::vector<std::pair<std::string, std::string>> languages_of(const domain::task& t) {
    std::vector<std::pair<std::string, std::string>> all;
    if (!t.comparison) {
        all.emplace_back("language", t.language);
    } else {
        all.emplace_back("first.language", t.language);
        all.emplace_back("second.language", t.comparison->second.language);
        all.emplace_back("generator.language", t.comparison->generator.language);
    }
    if (t.checker) all.emplace_back("compare.checker.language", t.checker->language);
    return all;
}

bool is_missing(const worker_knowledge& k, const std::string& language) {
    if (!k.is_known) return false;
    const auto* found = k.find(language);
    return found == nullptr || !found->is_available;
}

}  // namespace

awaitable<std::vector<domain::input_problem>>
missing_languages(ports& p, const domain::task& task) {
    std::vector<domain::input_problem> problems;
    const auto languages = languages_of(task);
    const auto seems_missing = [&p](const auto& named) {
        return is_missing(p.workers.last_known(), named.second);
    };
    if (std::ranges::none_of(languages, seems_missing)) co_return problems;
    const worker_knowledge now = co_await p.workers.fresh();
    for (const auto& [field, language] : languages) {
        if (!is_missing(now, language)) continue;
        const auto* found = now.find(language);
        const bool has_reason = found != nullptr && !found->reason.empty();
        std::string detail = "no worker has the language '" + language + "'";
        if (has_reason) detail += ": " + found->reason;
        problems.push_back({field, "not_available", detail, "see GET /api/v1/languages"});
    }
    co_return problems;
}

rejection language_unavailable(std::vector<domain::input_problem> problems) {
    rejection no = reject("language_unavailable", problems.front().message);
    no.problems = std::move(problems);
    return no;
}

rejection outbox_is_full() {
    return reject(
        "queue_unavailable",
        "too many submissions wait for the message broker",
        outbox_retry_seconds
    );
}

rejection service_is_paused() {
    constexpr int paused_retry_seconds = 30;
    return reject(
        "service_paused",
        "an administrator has paused the acceptance of new work; what was accepted goes on",
        paused_retry_seconds
    );
}

void add_callback_problems(
    std::vector<domain::input_problem>& problems,
    std::optional<domain::callback>& callback,
    const domain::callback_policy& policy
) {
    if (!callback) return;
    for (auto& p : domain::check_callback(*callback, policy))
        problems.push_back(std::move(p));
}

void complete(
    domain::task& task,
    ports& p,
    const user_id& owner,
    const sluice::correlation_id& correlation
) {
    task.created_at = p.time.now();
    task.deadline_at = task.created_at + p.lifetime;
    task.id = p.ids.next_submission(task.created_at);
    task.correlation_id = correlation;
    task.user_id = owner;
}

awaitable<result<std::optional<insert_outcome>>>
made_earlier(ports& p, user_id owner, std::optional<idempotency> key) {
    std::optional<insert_outcome> none;
    if (!key) co_return none;
    const wall_time since = p.time.now() - p.idempotency_keep;
    co_return co_await p.store.earlier(std::move(owner), std::move(*key), since);
}

void announce_held(ports& p, const user_id& owner, const std::vector<outgoing_task>& tasks) {
    if (tasks.empty()) return;
    for (const auto& task : tasks)
        p.queue.announce(task);
    if (p.admission != nullptr) p.admission->held(owner);
}

outgoing_task outgoing(const domain::task& t, std::string body, std::string traceparent) {
    return {
        t.id,
        t.correlation_id,
        t.user_id,
        t.language,
        std::move(body),
        t.created_at,
        t.deadline_at,
        std::move(traceparent),
        false};
}

awaitable<void> publish_or_leave(observe::context ctx, ports& p, outgoing_task task) {
    const submission_id id = task.id;
    const auto published = co_await p.queue.publish(std::move(task));
    if (published) {
        p.marks.published(id);
    } else {
        p.outbox.publish_failed();
        observe::warn(ctx, "publish_deferred", {{"error", published.error()}});
    }
}

awaitable<void> publish_or_leave(observe::context ctx, ports& p, std::vector<outgoing_task> tasks) {
    // What is stored is published, whoever hung up meanwhile.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    auto executor = co_await asio::this_coro::executor;
    for (std::size_t begin = 0; begin < tasks.size(); begin += side_by_side) {
        const std::size_t end = std::min(tasks.size(), begin + side_by_side);
        runtime::gate together(executor, [&ctx](const std::string&, std::exception_ptr thrown) {
            observe::error(ctx, "publish_failed", {{"error", sluice::describe(thrown)}});
        });
        for (std::size_t i = begin; i < end; ++i)
            together.spawn("publish", publish_or_leave(ctx, p, std::move(tasks[i])));
        co_await together.close(longest_publish);
    }
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
}

}  // namespace sluice::submission
