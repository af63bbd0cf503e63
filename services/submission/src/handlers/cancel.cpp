// DELETE /api/v1/submissions/{id}: 200 with the submission when it has ended as cancelled, 202
// while its end is on the way, 409 when it had ended before. With ?purge=true one that has ended is
// deleted: 204, or 409 when it has not ended.
#include "../use_cases/cancel_submission.hpp"
#include "../use_cases/delete_submissions.hpp"
#include "answers.hpp"
#include "handlers.hpp"
#include "viewed_owner.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {

awaitable<http::response> cancel(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto wait = read_wait(request);
    if (!wait) co_return problem_of(wait.error(), ctx);
    const auto purge = read_flag(request, "purge");
    if (!purge) co_return problem_of(purge.error(), ctx);
    const auto id = read_submission_id(request);
    if (!id) co_return problem_of(id.error(), ctx);
    auto owner = co_await viewed_owner(app, request.user_id, request.is_admin, *id);
    if (*purge) {
        const auto gone = co_await delete_submission(ctx, app.p, std::move(owner), *id);
        if (!gone) co_return problem_of(gone.error(), ctx);
        http::response done;
        done.status = 204;
        co_return done;
    }
    const auto view = co_await cancel_submission(ctx, app.p, std::move(owner), *id, *wait);
    if (!view) co_return problem_of(view.error(), ctx);
    const unsigned status = domain::is_terminal(view->status) ? 200U : 202U;
    co_return http::json_response(status, answer_of(*view).dump());
}

}  // namespace sluice::submission
