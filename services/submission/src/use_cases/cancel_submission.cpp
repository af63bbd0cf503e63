// The wish is in the row before anybody is told: whoever ends a submission that no worker took
// finds it there.
#include "cancel_submission.hpp"

#include "read_submission.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {

awaitable<outcome<domain::submission_view>> cancel_submission(
    observe::context ctx,
    ports& p,
    user_id owner,
    submission_id id,
    std::chrono::seconds wait
) {
    constexpr int retry_after_seconds = 2;
    ctx.submission_id = id.to_string();
    const auto marked = co_await p.store.request_cancel(owner, id, p.time.now());
    if (!marked) co_return storage_away(ctx, marked.error());
    if (*marked) {
        if (p.control == nullptr) co_return reject("storage_unavailable", "nobody can be told");
        const auto told = co_await p.control->cancel(id);
        if (!told) {
            observe::warn(ctx, "cancel_not_told", {{"error", told.error()}});
            co_return reject(
                "storage_unavailable",
                "the worker cannot be told just now; ask again",
                retry_after_seconds
            );
        }
        observe::info(ctx, "cancel_requested");
        if (p.admission != nullptr) p.admission->cancelled(owner);
    }
    auto view = co_await read_submission(ctx, p, std::move(owner), id, wait);
    if (!view || *marked || view->status == domain::status::cancelled) co_return view;
    co_return reject("already_finished", "the submission has ended by itself");
}

}  // namespace sluice::submission
