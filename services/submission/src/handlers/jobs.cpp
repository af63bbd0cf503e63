// The job worker's interface as JSON: POST /v1/auth/login, POST /v1/job/schedule and
// GET /v1/job/search, over the same use cases as its gRPC form (grpc/job_services.cpp).
#include "../use_cases/schedule_jobs.hpp"
#include "answers.hpp"
#include "handlers.hpp"
#include "job_json.hpp"

#include "sluice/http/problem.hpp"
#include "sluice/observe/log.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

constexpr int retry_after_seconds = 2;

// The events of a search on their way into the answer.
class body_listener final : public job_listener {
public:
    body_listener(http::body_writer& to, job_stream_form form, std::string id)
        : to_(to), form_(form), id_(std::move(id)) {}
    awaitable<bool> tell(job_event event) override {
        co_return co_await to_.write(job_line(form_, job_event_json(event, id_)));
    }

private:
    http::body_writer& to_;
    job_stream_form form_;
    std::string id_;
};

// True: told whole, whatever the end was.
awaitable<bool> stream_search(
    ports& p,
    observe::context ctx,
    std::shared_ptr<job_search> search,
    job_stream_form form,
    http::body_writer& to
) {
    const std::string id = search->first.view.correlation_id.to_string();
    body_listener listener(to, form, id);
    const auto broken = co_await follow_jobs(std::move(ctx), p, std::move(*search), listener);
    if (broken) co_return co_await to.write(job_error_line(form, *broken));
    co_return co_await to.write(job_end_line(form));
}

}  // namespace

awaitable<http::response> job_login(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto wanted = parse_job_login(request.body);
    if (!wanted) co_return problem_of(wanted.error(), ctx);
    if (app.login == nullptr) {
        co_return http::problem("not_implemented", "there are no accounts here", ctx);
    }
    auto done = co_await app.login->login(
        std::move(wanted->username),
        std::move(wanted->password),
        request.client_address
    );
    if (!done && done.error() == errc::overloaded) {
        co_return http::problem(
            "too_many_requests",
            "too many attempts",
            ctx,
            {},
            retry_after_seconds
        );
    }
    if (!done) {
        observe::warn(ctx, "login_failed", {{"error", done.error()}});
        co_return http::problem(
            "storage_unavailable",
            "accounts cannot be read just now",
            ctx,
            {},
            retry_after_seconds
        );
    }
    if (!*done) co_return http::problem("unauthorized", "wrong name or password", ctx);
    nlohmann::json out;
    out["access_token"] = (*done)->token;
    out["expires_at"] = to_rfc3339((*done)->expires_at);
    http::response answer = http::json_response(200, out.dump());
    answer.headers.set("Cache-Control", "no-store");
    co_return answer;
}

awaitable<http::response> schedule_job(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto commands = parse_job_commands(request.body);
    if (!commands) co_return problem_of(commands.error(), ctx);
    request.body = std::string();
    const auto id = correlation_of(ctx, app.p.ids);
    auto who = quota_subject_of(request);
    const auto done = co_await schedule_jobs(ctx, app.p, std::move(who), id, std::move(*commands));
    if (!done) co_return problem_of(done.error(), ctx);
    nlohmann::json out;
    out["correlation_id"] = done->correlation_id.to_string();
    out["result"] = std::string(domain::to_string(domain::status::queued));
    out["executed_at"] = to_rfc3339(done->created_at);
    co_return http::json_response(200, out.dump());
}

awaitable<http::response> search_job(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto form = job_stream_form_of(request.headers.get("Accept"));
    if (!form) {
        co_return http::problem(
            "not_acceptable",
            "this is application/x-ndjson or text/event-stream",
            ctx
        );
    }
    const auto given = request.query.find("correlation_id");
    const auto text = given == request.query.end() ? std::string() : given->second;
    const auto id = sluice::correlation_id::parse(text);
    if (!id) co_return problem_of(wrong_field("correlation_id", "is no UUID", "a UUID"), ctx);
    auto begun = co_await begin_search(ctx, app.p, request.user_id, *id);
    if (!begun) co_return problem_of(begun.error(), ctx);
    http::response answer;
    answer.headers.set("Content-Type", std::string(content_type_of(*form)));
    answer.headers.set("Cache-Control", "no-store");
    // Proxies that gather answers would turn live into late.
    answer.headers.set("X-Accel-Buffering", "no");
    // Shared, because what a response holds must be copyable.
    auto search = std::make_shared<job_search>(std::move(*begun));
    answer.stream = [&p = app.p, ctx, search, form = *form](http::body_writer& to) {
        return stream_search(p, ctx, search, form, to);
    };
    co_return answer;
}

}  // namespace sluice::submission
