// See accept_batch.hpp. As with one submission, everything that can refuse comes before the insert,
// and after it the batch is accepted whatever else fails: the outbox publishes what is left.
#include "accept_batch.hpp"

#include "acceptance.hpp"
#include "mail_wish.hpp"
#include "program_words.hpp"
#include "read_submission.hpp"
#include "result_cache.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/observe/log.hpp"

#include <iterator>

namespace sluice::submission {
namespace {

// Enough to mend; a batch of nothing but mistakes must not make a huge answer.
constexpr std::size_t max_problems = 200;

std::string path_of(bool is_command, std::size_t index) {
    return (is_command ? "commands[" : "items[") + std::to_string(index) + "]";
}

// A command is one line of text: its program's problems are its own.
std::vector<domain::input_problem>
of_item(bool is_command, std::size_t index, std::vector<domain::input_problem> problems) {
    if (is_command) {
        for (auto& problem : problems) {
            if (problem.field == "source") problem.field.clear();
        }
    }
    return domain::below(path_of(is_command, index), std::move(problems));
}

void append(std::vector<domain::input_problem>& to, std::vector<domain::input_problem> more) {
    const auto room = max_problems - std::min(max_problems, to.size());
    if (more.size() > room) more.resize(room);
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Moves an item's callback behind the others and tells what is wrong with it.
std::vector<domain::input_problem> take_callback(
    std::vector<std::optional<domain::callback>>& into,
    domain::submit_request& item,
    const domain::callback_policy& policy
) {
    std::vector<domain::input_problem> problems;
    add_callback_problems(problems, into.emplace_back(std::move(item.callback)), policy);
    return problems;
}

std::optional<rejection> check_size(const domain::batch_request& r, std::size_t most) {
    if (!r.items.empty() && r.items.size() <= most) return std::nullopt;
    rejection no = reject("invalid_field", "the batch is not acceptable as it is");
    no.problems.push_back(
        {r.is_commands ? "commands" : "items",
         r.items.empty() ? "required" : "too_many",
         "has " + std::to_string(r.items.size()) + " elements",
         "1 to " + std::to_string(most) + " elements"}
    );
    return no;
}

rejection not_stored(batch_insert_outcome::kind what) {
    if (what == batch_insert_outcome::kind::exists) {
        return reject(
            "conflict",
            "you have a batch with this correlation id already; GET it, or send another id"
        );
    }
    return reject(
        "idempotency_conflict",
        "this Idempotency-Key was used with another request body"
    );
}

awaitable<outcome<accepted_batch>> replay(observe::context ctx, ports& p, user_id owner, uuid id) {
    p.probe.replayed.increment();
    auto named = co_await p.batches.name_of(std::move(owner), id);
    if (!named) co_return storage_away(ctx, named.error());
    if (!*named) {
        co_return reject(
            "idempotency_conflict",
            "what this Idempotency-Key made was no batch, or was deleted"
        );
    }
    accepted_batch out;
    out.correlation_id = **named;
    out.is_replay = true;
    co_return out;
}

// Refused for what its items say, or only for languages that no worker has now.
rejection not_acceptable(std::vector<domain::input_problem> problems, bool is_for_languages) {
    if (is_for_languages) return language_unavailable(std::move(problems));
    rejection no = reject("invalid_field", "the batch is not acceptable as it is");
    no.problems = std::move(problems);
    return no;
}

// What is stored and published of each item, and the result that is known of it already.
struct prepared_items {
    std::vector<new_submission> rows;
    std::vector<outgoing_task> tasks;
    std::vector<std::optional<domain::run_result>> known;
};

awaitable<void> prepare(observe::context ctx, ports& p, domain::task task, prepared_items& into) {
    if (task.cache) static_cast<void>(co_await p.workers.fresh());
    const auto key = cache_key(p, task);
    std::optional<domain::run_result> known;
    if (key) known = co_await find_cached(ctx, p, task, *key);
    into.known.push_back(std::move(known));
    std::string body = messages::encode(task);
    into.tasks.push_back(outgoing(task, body, ctx.traceparent));
    new_submission& row = into.rows.emplace_back();
    if (key) row.cache_key = *key;
    if (p.history.has_full_text) row.words = program_words(task.files);
    row.task = std::move(task);
    row.encoded_task = std::move(body);
}

// Hands over the results that are known. Of the other tasks those that were released are published,
// and the rest waits for its turn.
awaitable<void> hand_over(
    observe::context ctx,
    ports& p,
    user_id owner,
    prepared_items items,
    std::size_t released
) {
    std::vector<outgoing_task> to_publish, held;
    for (std::size_t i = 0; i < items.tasks.size(); ++i) {
        auto& known = items.known[i];
        bool is_answered = false;
        if (known) is_answered = co_await publish_cached(ctx, p, std::move(*known));
        if (is_answered) continue;
        (i < released ? to_publish : held).push_back(std::move(items.tasks[i]));
    }
    announce_held(p, std::move(owner), std::move(held));
    co_await publish_or_leave(ctx, p, std::move(to_publish));
}

// There is no room, but what was asked for may be there already.
awaitable<outcome<accepted_batch>>
refuse_or_replay(observe::context ctx, ports& p, new_batch batch, rejection no) {
    const auto earlier = co_await made_earlier(p, batch.owner, batch.idempotency);
    if (!earlier || !*earlier) co_return no;
    if ((*earlier)->what == insert_outcome::kind::conflicting) {
        co_return not_stored(batch_insert_outcome::kind::conflicting);
    }
    co_return co_await replay(ctx, p, std::move(batch.owner), (*earlier)->id.value());
}

awaitable<outcome<std::size_t>> admit(observe::context ctx, ports& p, const new_batch& batch) {
    if (p.admission == nullptr) co_return batch.items.size();
    std::vector<admission_item> items;
    for (const auto& item : batch.items) {
        items.push_back({item.task.id, static_cast<std::int64_t>(item.encoded_task.size())});
    }
    quota_subject who{batch.owner, batch.key_id};
    co_return co_await p.admission->admit(ctx, std::move(who), std::move(items));
}

// Stores it, or takes back what was admitted.
awaitable<result<batch_insert_outcome>>
store_admitted(ports& p, new_batch batch, std::vector<submission_id> ids) {
    user_id owner = batch.owner;
    auto stored = co_await p.batches.insert(std::move(batch));
    const bool is_in = stored && stored->what == batch_insert_outcome::kind::inserted;
    if (!is_in && p.admission != nullptr) {
        co_await p.admission->withdraw(std::move(owner), std::move(ids));
    }
    co_return stored;
}

struct checked_items {
    std::vector<domain::task> tasks;
    std::vector<std::optional<domain::callback>> callbacks;  // one for each
    std::optional<domain::callback> callback;                // of the whole
};

// The problems of all items together.
awaitable<outcome<checked_items>> check_items(ports& p, domain::batch_request request) {
    checked_items out;
    std::vector<domain::input_problem> problems;
    add_callback_problems(problems, request.callback, p.callbacks);
    bool is_callback_wrong = !problems.empty();
    bool is_language_missing = false;
    for (std::size_t i = 0; i < request.items.size(); ++i) {
        auto& item = request.items[i];
        auto of_callback = take_callback(out.callbacks, item, p.callbacks);
        if (item.mail) {
            of_callback.push_back(
                {"mail", "not_allowed", "a batch gives one mail", "mail beside the items"}
            );
        }
        is_callback_wrong = is_callback_wrong || !of_callback.empty();
        append(problems, of_item(request.is_commands, i, std::move(of_callback)));
        auto checked = domain::validate(std::move(item), p.languages, p.limits);
        if (auto* found = std::get_if<std::vector<domain::input_problem>>(&checked)) {
            append(problems, of_item(request.is_commands, i, std::move(*found)));
            continue;
        }
        auto& task = out.tasks.emplace_back(std::get<domain::task>(std::move(checked)));
        auto missing = co_await missing_languages(p, task);
        is_language_missing = is_language_missing || !missing.empty();
        append(problems, of_item(request.is_commands, i, std::move(missing)));
    }
    out.callback = std::move(request.callback);
    if (problems.empty()) co_return out;
    const bool is_all_valid = !is_callback_wrong && out.tasks.size() == request.items.size();
    co_return not_acceptable(std::move(problems), is_language_missing && is_all_valid);
}

}  // namespace

awaitable<outcome<accepted_batch>>
accept_batch(observe::context ctx, ports& p, batch_command command) {
    if (auto no = check_size(command.request, p.max_batch_items)) co_return std::move(*no);
    const bool is_mail_wanted = command.request.mail;
    auto checked = co_await check_items(p, std::move(command.request));
    if (!checked) co_return checked.error();
    if (p.is_paused) co_return service_is_paused();
    if (p.outbox.is_full()) co_return outbox_is_full();
    auto mail_to = co_await mail_wish(ctx, p, command.owner, is_mail_wanted);
    if (!mail_to) co_return mail_to.error();

    new_batch batch;
    batch.created_at = p.time.now();
    batch.id = p.ids.next_submission(batch.created_at).value();
    batch.correlation_id = command.correlation_id;
    batch.owner = command.owner;
    batch.idempotency = std::move(command.idempotency);
    batch.key_id = command.key_id;
    batch.mail_to = std::move(*mail_to);
    batch.forget_keys_before = batch.created_at - p.idempotency_keep;
    batch.callback = std::move(checked->callback);
    accepted_batch out{command.correlation_id, batch.created_at, {}, false};
    prepared_items items;
    for (std::size_t i = 0; i < checked->tasks.size(); ++i) {
        domain::task& task = checked->tasks[i];
        complete(task, p, command.owner, command.correlation_id);
        out.items.push_back(task.id);
        co_await prepare(ctx, p, std::move(task), items);
        items.rows.back().callback = std::move(checked->callbacks[i]);
    }
    batch.items = std::move(items.rows);
    const auto released = co_await admit(ctx, p, batch);
    if (!released) {
        co_return co_await refuse_or_replay(ctx, p, std::move(batch), released.error());
    }
    batch.released = static_cast<std::int64_t>(*released);
    const auto stored = co_await store_admitted(p, std::move(batch), out.items);
    if (!stored) co_return storage_away(ctx, stored.error());
    if (stored->what == batch_insert_outcome::kind::replayed) {
        co_return co_await replay(ctx, p, std::move(command.owner), stored->id);
    }
    if (stored->what != batch_insert_outcome::kind::inserted) co_return not_stored(stored->what);
    // From here on the batch is accepted, whatever else fails.
    const auto count = out.items.size();
    co_await hand_over(ctx, p, command.owner, std::move(items), *released);
    p.probe.accepted.increment(static_cast<double>(count));
    observe::info(ctx, "batch_accepted", {{"submissions", count}});
    co_return out;
}

}  // namespace sluice::submission
