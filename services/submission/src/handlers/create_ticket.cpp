// POST /api/v1/ws-tickets.
#include "../authenticate.hpp"
#include "../use_cases/issue_ticket.hpp"
#include "answers.hpp"
#include "handlers.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {

awaitable<http::response> create_ticket(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    ticket_maker maker;
    maker.owner = request.user_id;
    maker.token_sha256 = shown_token_digest(request);
    const auto issued = co_await issue_ticket(ctx, app.p, std::move(maker));
    if (!issued) co_return problem_of(issued.error(), ctx);
    nlohmann::json out;
    out["ticket"] = issued->ticket;
    out["expires_at"] = to_rfc3339(issued->expires_at);
    const std::string base = app.websocket_url.empty() ? "/ws" : app.websocket_url;
    out["url"] = base + "?ticket=" + issued->ticket;
    http::response answer = http::json_response(201, out.dump());
    answer.headers.set("Cache-Control", "no-store");
    co_return answer;
}

}  // namespace sluice::submission
