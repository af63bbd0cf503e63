// GET /api/v1/submissions/{id}. A malformed id is answered like an unknown one.
#include "../use_cases/read_submission.hpp"
#include "answers.hpp"
#include "handlers.hpp"
#include "viewed_owner.hpp"

#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {

awaitable<http::response> get_submission(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto wait = read_wait(request);
    if (!wait) co_return problem_of(wait.error(), ctx);
    const auto id = read_submission_id(request);
    if (!id) co_return problem_of(id.error(), ctx);
    auto owner = co_await viewed_owner(app, request.user_id, request.is_admin, *id);
    const auto view = co_await read_submission(ctx, app.p, std::move(owner), *id, *wait);
    if (!view) co_return problem_of(view.error(), ctx);
    co_return http::json_response(200, messages::to_json(*view).dump());
}

}  // namespace sluice::submission
