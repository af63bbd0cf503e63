// POST /api/v1/submissions.
#include "../use_cases/accept_submission.hpp"
#include "answers.hpp"
#include "handlers.hpp"

#include "sluice/http/problem.hpp"
#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::submission {
namespace {

// Malformed JSON, an unknown field or a wrong type: 400. Well-formed but not allowed: 422.
rejection rejection_of(messages::parse_failure failure) {
    if (!failure.malformed.empty()) return reject("invalid_json", std::move(failure.malformed));
    const bool is_shape =
        std::any_of(failure.problems.begin(), failure.problems.end(), [](const auto& p) {
            return p.code == "unknown_field" || p.code == "wrong_type";
        });
    if (!is_shape) return not_allowed(std::move(failure.problems));
    rejection no = reject("invalid_request", "the body does not have the expected shape");
    no.problems = std::move(failure.problems);
    return no;
}

// The client's own correlation id when it sent one (the server checked it), else a new one.
sluice::correlation_id correlation_of(const observe::context& ctx, id_source& ids) {
    const auto given = sluice::correlation_id::parse(ctx.correlation_id);
    return given ? *given : ids.next_correlation();
}

http::response created(const accepted_submission& done) {
    http::response answer =
        http::json_response(done.is_replay ? 200 : 201, answer_of(done.view).dump());
    answer.headers.set("Location", path_of(done.view.id));
    if (done.is_replay) answer.headers.set("Idempotency-Replayed", "true");
    return answer;
}

}  // namespace

awaitable<http::response> submit(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) {
        co_return http::problem(
            "unsupported_media_type",
            "the body must be sent as Content-Type: application/json",
            ctx
        );
    }
    const auto wait = read_wait(request);
    if (!wait) co_return problem_of(wait.error(), ctx);
    auto key = read_idempotency(request);
    if (!key) co_return problem_of(key.error(), ctx);
    auto parsed = messages::parse_submit_request(request.body);
    if (auto* failure = std::get_if<messages::parse_failure>(&parsed)) {
        co_return problem_of(rejection_of(std::move(*failure)), ctx);
    }
    submit_command command;
    command.owner = request.user_id;
    command.correlation_id = correlation_of(ctx, app.p.ids);
    command.request = std::get<domain::submit_request>(std::move(parsed));
    command.idempotency = std::move(*key);
    command.wait = *wait;
    request.body = std::string();  // up to 12 MiB that a waiting request need not hold

    const auto done = co_await accept_submission(ctx, app.p, std::move(command));
    if (!done) co_return problem_of(done.error(), ctx);
    co_return created(*done);
}

}  // namespace sluice::submission
