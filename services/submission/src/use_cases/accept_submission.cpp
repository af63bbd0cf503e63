// Order matters here: the subscription for ?wait begins before the insert (they run side by side)
// and is confirmed before the publish, so that the quickest program cannot end unheard.
#include "accept_submission.hpp"

#include "acceptance.hpp"
#include "mail_wish.hpp"
#include "program_words.hpp"
#include "read_submission.hpp"
#include "result_cache.hpp"
#include "wait_for_result.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

// A result from the cache is on its way through the queue of results for some milliseconds; the
// answer comes when it is stored, so that nobody reads an older state afterwards.
constexpr std::chrono::seconds cached_answer_wait{2};

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

rejection another_body() {
    return reject(
        "idempotency_conflict",
        "this Idempotency-Key was used with another request body"
    );
}

rejection upload_has_run() {
    return reject("conflict", "this upload has run; is_enable is not set again");
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

// There is no room, but what was asked for may be there already.
awaitable<outcome<accepted_submission>>
refuse_or_replay(observe::context ctx, ports& p, submit_command command, rejection no) {
    const auto earlier = co_await made_earlier(p, command.owner, command.idempotency);
    if (!earlier || !*earlier) co_return no;
    if ((*earlier)->what == insert_outcome::kind::conflicting) co_return another_body();
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

struct checked_request {
    domain::task task;
    std::optional<domain::callback> callback;
    std::optional<std::string> mail_to;
};

// What may be accepted of it just now.
awaitable<outcome<checked_request>>
check(observe::context ctx, ports& p, user_id owner, decltype(submit_command::request) request) {
    if (p.is_paused) co_return service_is_paused();
    const auto validated = [&p](auto&& wanted) {
        return domain::validate(std::move(wanted), p.languages, p.limits);
    };
    const auto take_callback = [](auto& wanted) { return std::move(wanted.callback); };
    auto callback = std::visit(take_callback, request);
    const bool is_mail_wanted = std::visit([](const auto& r) { return r.mail; }, request);
    auto checked = std::visit(validated, std::move(request));
    std::vector<domain::input_problem> problems;
    if (auto* found = std::get_if<std::vector<domain::input_problem>>(&checked)) {
        problems = std::move(*found);
    }
    add_callback_problems(problems, callback, p.callbacks);
    if (!problems.empty()) co_return not_allowed(std::move(problems));
    checked_request out{
        std::get<domain::task>(std::move(checked)),
        std::move(callback),
        std::nullopt};
    auto absent = co_await missing_languages(p, out.task);
    if (!absent.empty()) co_return language_unavailable(std::move(absent));
    if (p.outbox.is_full()) co_return outbox_is_full();
    auto mail_to = co_await mail_wish(ctx, p, std::move(owner), is_mail_wanted);
    if (!mail_to) co_return mail_to.error();
    out.mail_to = std::move(*mail_to);
    co_return out;
}

// True when a result that was known already answers it; otherwise it runs now or in its turn.
awaitable<bool> hand_over(
    observe::context ctx,
    ports& p,
    user_id owner,
    std::optional<domain::run_result> known,
    outgoing_task out,
    bool is_released
) {
    bool is_answered = false;
    if (known) is_answered = co_await publish_cached(ctx, p, std::move(*known));
    if (is_answered) co_return true;
    if (is_released) {
        co_await publish_or_leave(ctx, p, std::move(out));
    } else {
        std::vector<outgoing_task> held(1, std::move(out));
        announce_held(p, std::move(owner), std::move(held));
    }
    co_return false;
}

}  // namespace

awaitable<outcome<accepted_submission>>
accept_submission(observe::context ctx, ports& p, submit_command command) {
    auto checked = co_await check(ctx, p, command.owner, std::move(command.request));
    if (!checked) co_return checked.error();
    domain::task& task = checked->task;
    complete(task, p, command.owner, command.correlation_id);
    ctx.submission_id = task.id.to_string();

    if (task.cache) static_cast<void>(co_await p.workers.fresh());
    const auto key = cache_key(p, task);
    std::optional<domain::run_result> known;
    if (key) known = co_await find_cached(ctx, p, task, *key);

    std::string body = messages::encode(task);
    // What is known already takes no place in the queue.
    outcome<bool> released = true;
    if (!known) {
        quota_subject who{command.owner, command.key_id};
        released = co_await admit(ctx, p, std::move(who), task, body.size());
    }
    if (!released) {
        co_return co_await refuse_or_replay(ctx, p, std::move(command), released.error());
    }

    std::unique_ptr<finish_watch> watch;
    const auto wait = known ? std::max(command.wait, cached_answer_wait) : command.wait;
    if (wait.count() > 0) watch = p.waiter.watch(task.id);
    const deadline until = deadline::in(wait);

    auto out = outgoing(task, body, ctx.traceparent);
    new_submission row{
        task,
        std::move(body),
        command.idempotency,
        task.created_at - p.idempotency_keep,
        std::move(checked->callback)};
    if (key) row.cache_key = *key;
    if (p.history.has_full_text) row.words = program_words(task.files);
    row.key_id = command.key_id;
    row.is_held = !*released;
    row.mail_to = std::move(checked->mail_to);
    row.job = std::move(command.job);
    const auto stored = co_await store_admitted(p, std::move(row));
    if (!stored) co_return storage_away(ctx, stored.error());
    if (stored->what == insert_outcome::kind::conflicting) co_return another_body();
    if (stored->what == insert_outcome::kind::has_run) co_return upload_has_run();
    if (stored->what == insert_outcome::kind::replayed) {
        co_return co_await replay(ctx, p, std::move(command), stored->id);
    }
    // From here on the submission is accepted, whatever else fails.
    if (watch) {
        const auto listening = co_await watch->ready();
        if (!listening) watch.reset();  // without Redis: answered at once, with what is known
    }
    const bool is_answered =
        co_await hand_over(ctx, p, command.owner, std::move(known), std::move(out), *released);
    if (!is_answered && command.wait.count() == 0) watch.reset();
    p.probe.accepted.increment();
    observe::info(ctx, "submission_accepted", {{"language", task.language}});

    accepted_submission answer{view_of(task), false, stored->job_id};
    if (!watch) co_return answer;
    auto ended = co_await wait_for_result(ctx, p, answer.view, std::move(watch), until);
    // The submission is safe even when its row cannot be read now: 201 without the result.
    if (ended) answer.view = std::move(*ended);
    co_return answer;
}

}  // namespace sluice::submission
