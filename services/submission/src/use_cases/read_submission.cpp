// Whoever waits subscribes first and reads the row after, so that an end in between is not missed.
#include "read_submission.hpp"

#include "wait_for_result.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {

rejection storage_away(const observe::context& ctx, const error& e) {
    constexpr int retry_after_seconds = 2;
    observe::error(ctx, "storage_failed", {{"error", e}});
    if (e == errc::refused || e == errc::internal) {
        return reject("internal", "the storage refused the request");
    }
    return reject("storage_unavailable", "the storage does not answer", retry_after_seconds);
}

awaitable<outcome<domain::submission_view>>
read_now(observe::context ctx, ports& p, user_id owner, submission_id id) {
    auto found = co_await p.store.read(std::move(owner), id);
    if (!found) co_return storage_away(ctx, found.error());
    if (!*found) co_return reject("not_found", "no submission of yours has this id");
    domain::submission_view view = std::move(**found);
    if (!domain::is_terminal(view.status)) {
        std::vector<submission_id> ids(1, id);
        const auto running = co_await p.states.running(std::move(ids));
        if (!running.empty() && running.front()) view.status = domain::status::running;
    }
    co_return view;
}

awaitable<outcome<domain::submission_view>> read_submission(
    observe::context ctx,
    ports& p,
    user_id owner,
    submission_id id,
    std::chrono::seconds wait
) {
    if (wait.count() == 0) co_return co_await read_now(ctx, p, std::move(owner), id);
    const deadline until = deadline::in(wait);
    auto watch = p.waiter.watch(id);
    const auto listening = co_await watch->ready();
    auto view = co_await read_now(ctx, p, std::move(owner), id);
    if (!view || !listening || domain::is_terminal(view->status)) co_return view;
    co_return co_await wait_for_result(ctx, p, std::move(*view), std::move(watch), until);
}

}  // namespace sluice::submission
