// POST /api/v1/submissions and POST /api/v1/comparisons: a comparison is a submission of three
// programs.
#include "../use_cases/accept_submission.hpp"
#include "answers.hpp"
#include "handlers.hpp"

#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

// `parse`: the body → what the use case takes, or a failure.
template <class Parse>
awaitable<http::response> accept(app_context& app, http::request request, Parse parse) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    const auto wait = read_wait(request);
    if (!wait) co_return problem_of(wait.error(), ctx);
    auto key = read_idempotency(request);
    if (!key) co_return problem_of(key.error(), ctx);
    auto parsed = parse(request.body);
    if (auto* failure = std::get_if<messages::parse_failure>(&parsed)) {
        co_return problem_of(rejection_of(std::move(*failure)), ctx);
    }
    submit_command command;
    command.owner = request.user_id;
    command.correlation_id = correlation_of(ctx, app.p.ids);
    command.request = std::get<0>(std::move(parsed));
    command.idempotency = std::move(*key);
    command.wait = *wait;
    command.key_id = quota_subject_of(request).key;
    request.body = std::string();  // up to 12 MiB that a waiting request need not hold

    const auto done = co_await accept_submission(ctx, app.p, std::move(command));
    if (!done) co_return problem_of(done.error(), ctx);
    co_return submission_answer(*done);
}

}  // namespace

awaitable<http::response> submit(app_context& app, http::request request) {
    co_return co_await accept(app, std::move(request), messages::parse_submit_request);
}

awaitable<http::response> submit_comparison(app_context& app, http::request request) {
    co_return co_await accept(app, std::move(request), messages::parse_comparison_request);
}

}  // namespace sluice::submission
