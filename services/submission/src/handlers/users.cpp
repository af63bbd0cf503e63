// GET and PUT /api/v1/admin/users/{user}.
#include "users.hpp"

#include "../use_cases/disable_account.hpp"
#include "account_answers.hpp"
#include "answers.hpp"
#include "body_fields.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

http::response
standing_answer(const outcome<account_standing>& found, const observe::context& ctx) {
    if (!found) return problem_of(found.error(), ctx);
    nlohmann::json out;
    out["user"] = json_of(found->who);
    out["disabled"] = found->disabled_at.has_value();
    out["disabled_at"] = nullptr;
    if (found->disabled_at) out["disabled_at"] = to_rfc3339(*found->disabled_at);
    return private_json(200, out);
}

}  // namespace

awaitable<http::response> read_user(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    auto user = named_user(request);
    if (!user) co_return problem_of(unknown_account(), ctx);
    const auto found = co_await read_standing(ctx, *app.accounts, std::move(*user));
    co_return standing_answer(found, ctx);
}

awaitable<http::response> set_user_standing(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto fields = body_fields::parse(request, {"disabled"});
    if (!fields) co_return problem_of(fields.error(), ctx);
    standing_command c;
    c.administrator = request.user_id;
    c.is_disabled = fields->flag("disabled");
    fields->require("disabled");
    if (const auto no = fields->problems()) co_return problem_of(*no, ctx);
    auto user = named_user(request);
    if (!user) co_return problem_of(unknown_account(), ctx);
    c.user = std::move(*user);
    const auto done = co_await change_standing(ctx, *app.accounts, std::move(c));
    co_return standing_answer(done, ctx);
}

}  // namespace sluice::submission
