// The loop ends with the submission, with the deadline, or with the service.
#include "wait_for_result.hpp"

#include "read_submission.hpp"

namespace sluice::submission {

awaitable<outcome<domain::submission_view>> wait_for_result(
    observe::context ctx,
    ports& p,
    domain::submission_view current,
    std::unique_ptr<finish_watch> watch,
    deadline until
) {
    const steady_time begun = p.time.steady();
    for (;;) {
        const auto woken = co_await watch->next(until);
        auto view = co_await read_now(ctx, p, current.user_id, current.id);
        if (view && !domain::is_terminal(view->status) && woken) continue;
        const std::chrono::duration<double> waited = p.time.steady() - begun;
        p.probe.wait_seconds.observe(waited.count());
        co_return view;
    }
}

}  // namespace sluice::submission
