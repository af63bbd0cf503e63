// Order matters here: the subscription for ?wait begins before the insert (they run side by side)
// and is confirmed before the publish, so that the quickest program cannot end unheard.
#include "accept_submission.hpp"

#include "read_submission.hpp"
#include "wait_for_result.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

constexpr int retry_after_seconds = 5;

// Refused only when live workers are known and none of them has the language: a machine that has it
// may be started at any time, but nobody should wait for one that nobody plans.
awaitable<std::optional<rejection>> check_availability(ports& p, std::string language) {
    const auto says_no = [&language](const worker_knowledge& k) {
        if (!k.is_known) return false;
        const auto* found = k.find(language);
        return found == nullptr || !found->is_available;
    };
    if (!says_no(p.workers.last_known())) co_return std::nullopt;
    const worker_knowledge now = co_await p.workers.fresh();
    if (!says_no(now)) co_return std::nullopt;
    const auto* found = now.find(language);
    const bool has_reason = found != nullptr && !found->reason.empty();
    std::string detail = "no worker has the language '" + language + "'";
    if (has_reason) detail += ": " + found->reason;
    rejection no = reject("language_unavailable", detail);
    no.problems.push_back({"language", "not_available", detail, "see GET /api/v1/languages"});
    co_return no;
}

domain::submission_view view_of(const domain::task& t) {
    domain::submission_view view;
    view.id = t.id;
    view.correlation_id = t.correlation_id;
    view.user_id = t.user_id;
    view.language = t.language;
    view.version = t.version;
    view.status = domain::status::queued;
    view.created_at = t.created_at;
    view.limits = t.limits;
    return view;
}

void complete(domain::task& task, ports& p, const submit_command& command) {
    task.created_at = p.time.now();
    task.deadline_at = task.created_at + p.lifetime;
    task.id = p.ids.next_submission(task.created_at);
    task.correlation_id = command.correlation_id;
    task.user_id = command.owner;
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
        std::move(traceparent)};
}

// A failed publish is no failure of the request: the row is in the outbox.
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

// The same key came before: the answer is the submission that it made then.
awaitable<outcome<accepted_submission>>
replay(observe::context ctx, ports& p, submit_command command, submission_id id) {
    p.probe.replayed.increment();
    auto view = co_await read_submission(ctx, p, command.owner, id, command.wait);
    if (!view && view.error().code == "not_found") {
        co_return reject(
            "idempotency_conflict",
            "the submission that this Idempotency-Key made was deleted"
        );
    }
    if (!view) co_return view.error();
    accepted_submission out{std::move(*view), true};
    co_return out;
}

}  // namespace

awaitable<outcome<accepted_submission>>
accept_submission(observe::context ctx, ports& p, submit_command command) {
    auto checked = domain::validate(std::move(command.request), p.languages, p.limits);
    if (auto* problems = std::get_if<std::vector<domain::input_problem>>(&checked)) {
        co_return not_allowed(std::move(*problems));
    }
    auto& task = std::get<domain::task>(checked);
    if (auto no = co_await check_availability(p, task.language)) co_return std::move(*no);
    if (p.outbox.is_full()) {
        co_return reject(
            "queue_unavailable",
            "too many submissions wait for the message broker",
            retry_after_seconds
        );
    }
    complete(task, p, command);
    ctx.submission_id = task.id.to_string();

    std::unique_ptr<finish_watch> watch;
    if (command.wait.count() > 0) watch = p.waiter.watch(task.id);
    const deadline until = deadline::in(command.wait);

    std::string body = messages::encode(task);
    auto out = outgoing(task, body, ctx.traceparent);
    new_submission row{
        task,
        std::move(body),
        command.idempotency,
        task.created_at - p.idempotency_keep};
    const auto stored = co_await p.store.insert(std::move(row));
    if (!stored) co_return storage_away(ctx, stored.error());
    if (stored->what == insert_outcome::kind::conflicting) {
        co_return reject(
            "idempotency_conflict",
            "this Idempotency-Key was used with another request body"
        );
    }
    if (stored->what == insert_outcome::kind::replayed) {
        co_return co_await replay(ctx, p, std::move(command), stored->id);
    }
    // From here on the submission is accepted, whatever else fails.
    if (watch) {
        const auto listening = co_await watch->ready();
        if (!listening) watch.reset();  // without Redis: answered at once, with what is known
    }
    co_await publish_or_leave(ctx, p, std::move(out));
    p.probe.accepted.increment();
    observe::info(ctx, "submission_accepted", {{"language", task.language}});

    accepted_submission answer{view_of(task), false};
    if (!watch) co_return answer;
    auto ended = co_await wait_for_result(ctx, p, answer.view, std::move(watch), until);
    // The submission is safe even when its row cannot be read now: 201 without the result.
    if (ended) answer.view = std::move(*ended);
    co_return answer;
}

}  // namespace sluice::submission
