// POST /api/v1/batches and GET /api/v1/batches/{correlation_id}.
#include "../use_cases/accept_batch.hpp"
#include "../use_cases/read_batch.hpp"
#include "answers.hpp"
#include "handlers.hpp"
#include "pages.hpp"
#include "viewed_owner.hpp"

#include "sluice/http/problem.hpp"
#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

constexpr std::int64_t default_page = 100;
constexpr std::int64_t max_page = 500;

nlohmann::json page_json(const batch_page& page) {
    auto out = messages::to_json(page.view);
    out.update(page_of(page.items, page.next_cursor, [](const batch_item& item) {
        auto summary = summary_json(item.summary);
        summary["index"] = item.index;
        return summary;
    }));
    return out;
}

// Its items named, nothing of them known yet.
nlohmann::json accepted_json(const accepted_batch& done) {
    domain::batch_view view;
    view.correlation_id = done.correlation_id;
    view.created_at = done.created_at;
    view.size = static_cast<std::int64_t>(done.items.size());
    view.counts[domain::status::queued] = view.size;
    auto out = messages::to_json(view);
    out["items"] = nlohmann::json::array();
    for (std::size_t i = 0; i < done.items.size(); ++i) {
        nlohmann::json item;
        item["index"] = i;
        item["id"] = done.items[i].to_string();
        item["links"]["self"] = path_of(done.items[i]);
        out["items"].push_back(std::move(item));
    }
    return out;
}

std::string batch_path(const sluice::correlation_id& id) {
    return "/api/v1/batches/" + id.to_string();
}

}  // namespace

awaitable<http::response> submit_batch(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto key = read_idempotency(request);
    if (!key) co_return problem_of(key.error(), ctx);
    auto parsed = messages::parse_batch_request(request.body);
    if (auto* failure = std::get_if<messages::parse_failure>(&parsed)) {
        co_return problem_of(rejection_of(std::move(*failure)), ctx);
    }
    batch_command command;
    command.owner = request.user_id;
    command.correlation_id = correlation_of(ctx, app.p.ids);
    command.request = std::get<domain::batch_request>(std::move(parsed));
    command.idempotency = std::move(*key);
    command.key_id = quota_subject_of(request).key;
    request.body = std::string();
    const auto done = co_await accept_batch(ctx, app.p, std::move(command));
    if (!done) co_return problem_of(done.error(), ctx);
    http::response answer;
    if (done->is_replay) {
        const auto size = static_cast<std::size_t>(max_page);
        const auto page = co_await read_batch(
            ctx,
            app.p,
            request.user_id,
            done->correlation_id,
            std::nullopt,
            size
        );
        if (!page) co_return problem_of(page.error(), ctx);
        answer = http::json_response(200, page_json(*page).dump());
        answer.headers.set("Idempotency-Replayed", "true");
    } else {
        answer = http::json_response(201, accepted_json(*done).dump());
    }
    answer.headers.set("Location", batch_path(done->correlation_id));
    co_return answer;
}

awaitable<http::response> get_batch(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto limit = read_number(request, "limit", 1, max_page, default_page);
    if (!limit) co_return problem_of(limit.error(), ctx);
    const auto after = read_cursor(request, parse_index_cursor);
    if (!after) co_return problem_of(after.error(), ctx);
    const auto given = request.params.find("correlation_id");
    const auto text = given == request.params.end() ? std::string() : given->second;
    const auto id = sluice::correlation_id::parse(text);
    if (!id) {
        co_return problem_of(reject("not_found", "no batch of yours has this correlation id"), ctx);
    }
    const auto size = static_cast<std::size_t>(*limit);
    const auto page = co_await read_batch(ctx, app.p, viewed_user(request), *id, *after, size);
    if (!page) co_return problem_of(page.error(), ctx);
    co_return http::json_response(200, page_json(*page).dump());
}

}  // namespace sluice::submission
