// /api/v1/me/webhook and /api/v1/webhook-deliveries. A secret is answered when it is made and never
// again; of headers only the names are shown, since their values are often credentials.
#include "webhooks.hpp"

#include "../adapters/webhook_targets.hpp"
#include "../use_cases/read_submission.hpp"
#include "account_answers.hpp"
#include "answers.hpp"
#include "body_fields.hpp"
#include "pages.hpp"
#include "viewed_owner.hpp"

#include "sluice/core/json_text.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

constexpr std::int64_t default_page = 20;
constexpr std::int64_t max_page = 100;
// How long receivers may take to learn a new secret.
constexpr std::chrono::hours old_secret_lives{24};

nlohmann::json time_or_null(const std::optional<wall_time>& t) {
    if (!t) return nullptr;
    return to_rfc3339(*t);
}

nlohmann::json json_of(const webhook_settings& s) {
    nlohmann::json out;
    out["url"] = nullptr;
    if (!s.url.empty()) out["url"] = s.url;
    out["header_names"] = s.header_names;
    out["previous_secret_until"] = time_or_null(s.previous_until);
    out["updated_at"] = to_rfc3339(s.updated_at);
    return out;
}

nlohmann::json json_of(const webhook_attempt& a) {
    nlohmann::json out;
    out["number"] = a.number;
    out["at"] = to_rfc3339(a.at);
    out["duration_ms"] = a.duration_ms;
    out["address"] = nullptr;
    if (!a.address.empty()) out["address"] = a.address;
    out["http_status"] = nullptr;
    if (a.http_status) out["http_status"] = *a.http_status;
    out["error"] = nullptr;
    if (!a.error.empty()) out["error"] = a.error;
    out["response"] = a.response;
    return out;
}

nlohmann::json json_of(const webhook_delivery& d) {
    const bool is_batch = d.event == "batch.finished";
    nlohmann::json out;
    out["id"] = d.id.to_string();
    out["event"] = d.event;
    out["submission_id"] = nullptr;
    if (!is_batch) out["submission_id"] = d.subject.to_string();
    out["correlation_id"] = d.correlation_id.to_string();
    out["url"] = d.url;
    out["status"] = d.status;
    out["attempt_count"] = d.attempts;
    out["next_attempt_at"] = time_or_null(d.next_attempt_at);
    out["created_at"] = to_rfc3339(d.created_at);
    out["finished_at"] = time_or_null(d.finished_at);
    out["links"]["self"] = "/api/v1/webhook-deliveries/" + d.id.to_string();
    return out;
}

std::optional<uuid> path_id(const http::request& request) {
    const auto given = request.params.find("id");
    return uuid::parse(given == request.params.end() ? "" : given->second);
}

rejection unknown_delivery() {
    return reject("not_found", "no delivery of yours has this id");
}

// {"url":…,"headers":{…}}
outcome<domain::callback>
read_target(const http::request& request, const domain::callback_policy& policy) {
    auto fields = body_fields::parse(request, {"url", "headers"});
    if (!fields) return fields.error();
    domain::callback out;
    out.url = fields->text("url");
    out.headers = fields->text_map("headers");
    fields->require("url");
    if (auto no = fields->problems()) return std::move(*no);
    auto problems = domain::check_callback(out, policy);
    if (problems.empty()) return out;
    for (auto& p : problems)
        p.field = p.field == "callback_url" ? "url" : "headers";
    rejection no = reject("invalid_field", "the webhook is not acceptable as it is");
    no.problems = std::move(problems);
    return no;
}

template <class Id>
outcome<std::optional<Id>> read_filter(const http::request& request, const char* name) {
    std::optional<Id> out;
    const auto given = request.query.find(name);
    if (given == request.query.end()) return out;
    out = Id::parse(given->second);
    if (!out) return wrong_field(name, "is no id", "a UUID");
    return out;
}

outcome<delivery_filter> read_filters(const http::request& request) {
    delivery_filter which;
    which.owner = viewed_user(request);
    const auto submission = read_filter<submission_id>(request, "submission_id");
    if (!submission) return submission.error();
    which.submission = *submission;
    const auto correlation = read_filter<correlation_id>(request, "correlation_id");
    if (!correlation) return correlation.error();
    which.correlation = *correlation;
    if (const auto given = request.query.find("status"); given != request.query.end()) {
        const std::string& text = given->second;
        if (text != "pending" && text != "delivered" && text != "failed") {
            return wrong_field("status", "there is no such status", "pending, delivered, failed");
        }
        which.status = text;
    }
    const auto before = read_cursor(request, parse_cursor);
    if (!before) return before.error();
    which.before = *before;
    return which;
}

}  // namespace

awaitable<http::response> read_webhook(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await app.webhooks->settings(request.user_id);
    if (!found) co_return problem_of(storage_away(ctx, found.error()), ctx);
    if (!*found) co_return problem_of(reject("not_found", "you have no webhook"), ctx);
    co_return private_json(200, json_of(**found));
}

awaitable<http::response> set_webhook(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto target = read_target(request, app.p.callbacks);
    if (!target) co_return problem_of(target.error(), ctx);
    const std::string secret = make_webhook_secret();
    auto made = co_await app.webhooks->set_target(request.user_id, std::move(*target), secret);
    if (!made) co_return problem_of(storage_away(ctx, made.error()), ctx);
    const auto found = co_await app.webhooks->settings(request.user_id);
    if (!found) co_return problem_of(storage_away(ctx, found.error()), ctx);
    auto out = json_of((*found).value_or(webhook_settings{}));
    if (*made) out["secret"] = secret;
    co_return private_json(*made ? 201 : 200, out);
}

awaitable<http::response> delete_webhook(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto done = co_await app.webhooks->clear_target(request.user_id);
    if (!done) co_return problem_of(storage_away(ctx, done.error()), ctx);
    http::response answer;
    answer.status = 204;
    co_return answer;
}

awaitable<http::response> renew_webhook_secret(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const std::string secret = make_webhook_secret();
    const wall_time until = app.p.time.now() + old_secret_lives;
    const auto done = co_await app.webhooks->set_secret(request.user_id, secret, until);
    if (!done) co_return problem_of(storage_away(ctx, done.error()), ctx);
    nlohmann::json out;
    out["secret"] = secret;
    co_return private_json(200, out);
}

awaitable<http::response> list_deliveries(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto limit = read_number(request, "limit", 1, max_page, default_page);
    if (!limit) co_return problem_of(limit.error(), ctx);
    auto which = read_filters(request);
    if (!which) co_return problem_of(which.error(), ctx);
    const auto size = static_cast<std::size_t>(*limit);
    auto found = co_await app.webhooks->list(std::move(*which), size + 1);
    if (!found) co_return problem_of(storage_away(ctx, found.error()), ctx);
    const auto next =
        cut_page(*found, size, [](const webhook_delivery& last) { return make_cursor(last.id); });
    const auto shown = [](const webhook_delivery& d) { return json_of(d); };
    co_return http::json_response(200, page_of(*found, next, shown).dump());
}

awaitable<http::response> read_delivery(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto id = path_id(request);
    if (!id) co_return problem_of(unknown_delivery(), ctx);
    const auto found = co_await app.webhooks->read(viewed_user(request), *id);
    if (!found) co_return problem_of(storage_away(ctx, found.error()), ctx);
    if (!*found) co_return problem_of(unknown_delivery(), ctx);
    auto out = json_of(**found);
    out["attempts"] = nlohmann::json::array();
    for (const auto& a : (*found)->log)
        out["attempts"].push_back(json_of(a));
    co_return http::json_response(200, json_text(out));
}

awaitable<http::response> replay_delivery(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!app.p.callbacks.enabled) {
        co_return problem_of(reject("conflict", "webhooks are switched off here"), ctx);
    }
    const auto id = path_id(request);
    if (!id) co_return problem_of(unknown_delivery(), ctx);
    const auto done = co_await app.webhooks->replay(request.user_id, *id, app.p.time.now());
    if (!done) co_return problem_of(storage_away(ctx, done.error()), ctx);
    if (*done == replay_outcome::unknown) co_return problem_of(unknown_delivery(), ctx);
    if (*done == replay_outcome::pending) {
        co_return problem_of(reject("conflict", "this delivery is still being tried"), ctx);
    }
    const auto found = co_await app.webhooks->read(request.user_id, *id);
    if (!found) co_return problem_of(storage_away(ctx, found.error()), ctx);
    if (!*found) co_return problem_of(unknown_delivery(), ctx);
    co_return http::json_response(202, json_of(**found).dump());
}

}  // namespace sluice::submission
