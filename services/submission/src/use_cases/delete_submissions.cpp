// See delete_submissions.hpp.
#include "delete_submissions.hpp"

#include "read_submission.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {
namespace {

constexpr std::size_t at_once = 500;
// One request goes on for so many; a history of a million takes more than one.
constexpr std::int64_t most_in_a_request = 10'000;

}  // namespace

awaitable<result<std::int64_t>>
delete_ended(history_ports p, user_id owner, std::vector<ended_submission> all) {
    std::vector<submission_id> ids;
    ids.reserve(all.size());
    for (const auto& s : all)
        ids.push_back(s.id);
    const auto forgotten = co_await p.copies->forget(owner, std::move(all));
    if (!forgotten) co_return forgotten.error();
    auto gone = co_await p.store->remove(owner, std::move(ids));
    if (p.texts != nullptr) co_await p.texts->changed(std::move(owner));
    co_return gone;
}

awaitable<outcome<void>>
delete_submission(observe::context ctx, ports& p, user_id owner, submission_id id) {
    ctx.submission_id = id.to_string();
    auto found = co_await p.history.store->ended(owner, id);
    if (!found) co_return storage_away(ctx, found.error());
    if (found->empty()) {
        const auto view = co_await read_now(ctx, p, std::move(owner), id);
        if (!view) co_return view.error();
        co_return reject("conflict", "the submission has not ended; cancel it first");
    }
    const auto gone = co_await delete_ended(p.history, std::move(owner), std::move(*found));
    if (!gone) co_return storage_away(ctx, gone.error());
    observe::info(ctx, "submission_deleted");
    co_return outcome<void>();
}

awaitable<outcome<deleted_count>>
delete_before(observe::context ctx, ports& p, user_id owner, wall_time time) {
    deleted_count out;
    for (;;) {
        auto found = co_await p.history.store->ended_before(owner, time, at_once);
        if (!found) co_return storage_away(ctx, found.error());
        if (found->empty()) break;
        const bool is_last = found->size() < at_once;
        const auto gone = co_await delete_ended(p.history, owner, std::move(*found));
        if (!gone) co_return storage_away(ctx, gone.error());
        out.deleted += *gone;
        if (is_last || *gone == 0) break;
        if (out.deleted >= most_in_a_request) {
            out.is_complete = false;
            break;
        }
    }
    observe::info(ctx, "submissions_deleted", {{"count", out.deleted}});
    co_return out;
}

}  // namespace sluice::submission
