// Order matters here: the subscription for ?wait begins before the insert (they run side by side)
// and is confirmed before the publish, so that the quickest program cannot end unheard.
#include "accept_submission.hpp"

#include "acceptance.hpp"
#include "mail_wish.hpp"
#include "read_submission.hpp"
#include "wait_for_result.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

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

rejection other_body() {
    return reject(
        "idempotency_conflict",
        "this Idempotency-Key was used with another request body"
    );
}

// There is no room, but what was asked for may be there already.
awaitable<outcome<accepted_submission>>
refuse_or_replay(observe::context ctx, ports& p, submit_command command, rejection no) {
    const auto earlier = co_await made_earlier(p, command.owner, command.idempotency);
    if (!earlier || !*earlier) co_return no;
    if ((*earlier)->what == insert_outcome::kind::conflicting) co_return other_body();
    co_return co_await replay(ctx, p, std::move(command), (*earlier)->id);
}

// Whether it may be published now.
awaitable<outcome<bool>> admit(
    observe::context ctx,
    ports& p,
    quota_subject who,
    const domain::task& task,
    std::size_t size
) {
    if (p.admission == nullptr) co_return true;
    std::vector<admission_item> items;
    items.push_back({task.id, static_cast<std::int64_t>(size)});
    const auto released = co_await p.admission->admit(ctx, std::move(who), std::move(items));
    if (!released) co_return released.error();
    co_return *released > 0;
}

// Stores it, or takes back what was admitted.
awaitable<result<insert_outcome>> store_admitted(ports& p, new_submission row) {
    user_id owner = row.task.user_id;
    std::vector<submission_id> ids(1, row.task.id);
    auto stored = co_await p.store.insert(std::move(row));
    const bool is_in = stored && stored->what == insert_outcome::kind::inserted;
    if (!is_in && p.admission != nullptr) {
        co_await p.admission->withdraw(std::move(owner), std::move(ids));
    }
    co_return stored;
}

awaitable<void> publish_or_hold(observe::context ctx, ports& p, outgoing_task task, bool is_held) {
    if (!is_held) co_return co_await publish_or_leave(ctx, p, std::move(task));
    const user_id owner = task.owner;
    const std::vector<outgoing_task> tasks(1, std::move(task));
    announce_held(p, owner, tasks);
}

}  // namespace

awaitable<outcome<accepted_submission>>
accept_submission(observe::context ctx, ports& p, submit_command command) {
    if (p.is_paused) co_return service_is_paused();
    const auto validated = [&p](auto&& request) {
        return domain::validate(std::move(request), p.languages, p.limits);
    };
    const auto take_callback = [](auto& request) { return std::move(request.callback); };
    auto callback = std::visit(take_callback, command.request);
    const bool is_mail_wanted = std::visit([](const auto& r) { return r.mail; }, command.request);
    auto checked = std::visit(validated, std::move(command.request));
    std::vector<domain::input_problem> problems;
    if (auto* found = std::get_if<std::vector<domain::input_problem>>(&checked)) {
        problems = std::move(*found);
    }
    add_callback_problems(problems, callback, p.callbacks);
    if (!problems.empty()) co_return not_allowed(std::move(problems));
    auto& task = std::get<domain::task>(checked);
    auto absent = co_await missing_languages(p, task);
    if (!absent.empty()) co_return language_unavailable(std::move(absent));
    if (p.outbox.is_full()) co_return outbox_is_full();
    auto mail_to = co_await mail_wish(ctx, p, command.owner, is_mail_wanted);
    if (!mail_to) co_return mail_to.error();
    complete(task, p, command.owner, command.correlation_id);
    ctx.submission_id = task.id.to_string();

    std::string body = messages::encode(task);
    quota_subject who{command.owner, command.key_id};
    const auto released = co_await admit(ctx, p, std::move(who), task, body.size());
    if (!released) {
        co_return co_await refuse_or_replay(ctx, p, std::move(command), released.error());
    }

    std::unique_ptr<finish_watch> watch;
    if (command.wait.count() > 0) watch = p.waiter.watch(task.id);
    const deadline until = deadline::in(command.wait);

    auto out = outgoing(task, body, ctx.traceparent);
    new_submission row{
        task,
        std::move(body),
        command.idempotency,
        task.created_at - p.idempotency_keep,
        std::move(callback),
        command.key_id,
        !*released,
        std::move(*mail_to)};
    const auto stored = co_await store_admitted(p, std::move(row));
    if (!stored) co_return storage_away(ctx, stored.error());
    if (stored->what == insert_outcome::kind::conflicting) co_return other_body();
    if (stored->what == insert_outcome::kind::replayed) {
        co_return co_await replay(ctx, p, std::move(command), stored->id);
    }
    // From here on the submission is accepted, whatever else fails.
    if (watch) {
        const auto listening = co_await watch->ready();
        if (!listening) watch.reset();  // without Redis: answered at once, with what is known
    }
    co_await publish_or_hold(ctx, p, std::move(out), !*released);
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
