// /api/v1/auth/register, sign-in, sign-out, session, password.
#include "accounts.hpp"

#include "../authenticate.hpp"
#include "../use_cases/manage_account.hpp"
#include "account_answers.hpp"
#include "answers.hpp"
#include "body_fields.hpp"

#include "sluice/http/cookies.hpp"
#include "sluice/http/problem.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

rejection no_session() {
    return reject("forbidden", "this token is not a session's");
}

http::response signed_in_answer(const app_context& app, const signed_in& done, bool wants_cookie) {
    nlohmann::json out;
    out["user"] = json_of(done.who);
    out["session_id"] = done.session.to_string();
    out["expires_at"] = to_rfc3339(done.expires_at);
    if (!wants_cookie) {
        out["access_token"] = done.token;
        out["token_type"] = "Bearer";
    }
    http::response answer = private_json(200, out);
    if (!wants_cookie) return answer;
    // The page never sees the token: a script that was slipped into it cannot carry it away.
    const auto lives =
        std::chrono::floor<std::chrono::seconds>(app.accounts->rules.session_lifetime);
    answer.headers.add(
        "Set-Cookie",
        http::set_cookie(session_cookie, done.token, lives, app.cookies)
    );
    return answer;
}

}  // namespace

awaitable<http::response> register_user(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto fields = body_fields::parse(request, {"name", "email", "password"});
    if (!fields) co_return problem_of(fields.error(), ctx);
    register_command c;
    c.name = fields->text("name");
    c.email = fields->text("email");
    c.password = fields->text("password");
    fields->require("password");
    if (const auto no = fields->problems()) co_return problem_of(*no, ctx);
    c.client_address = request.client_address;
    const auto done = co_await register_account(ctx, *app.accounts, std::move(c));
    if (!done) co_return problem_of(done.error(), ctx);
    nlohmann::json out;
    out["user"] = json_of(*done);
    co_return private_json(201, out);
}

awaitable<http::response> sign_in_user(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto fields = body_fields::parse(request, {"login", "password", "cookie"});
    if (!fields) co_return problem_of(fields.error(), ctx);
    sign_in_command c;
    c.login = fields->text("login");
    c.password = fields->text("password");
    const bool wants_cookie = fields->flag("cookie");
    fields->require("login");
    fields->require("password");
    if (const auto no = fields->problems()) co_return problem_of(*no, ctx);
    // Else a page could sign its visitors in as somebody whom it can watch.
    if (wants_cookie && http::is_of_another_site(request, app.trusted_origins)) {
        co_return http::problem("forbidden", "a page of another site may not sign in", ctx);
    }
    c.client_address = request.client_address;
    c.client_name = request.headers.get("User-Agent");
    const auto done = co_await sign_in(ctx, *app.accounts, std::move(c));
    if (!done) co_return problem_of(done.error(), ctx);
    co_return signed_in_answer(app, *done, wants_cookie);
}

awaitable<http::response> sign_out(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto session = uuid::parse(request.session_id);
    if (!session) co_return problem_of(no_session(), ctx);
    const auto done =
        co_await revoke_one(ctx, *app.accounts, request.user_id, token_kind::session, *session);
    if (!done && done.error().code != "not_found") co_return problem_of(done.error(), ctx);
    http::response answer;
    answer.status = 204;
    answer.headers.add(
        "Set-Cookie",
        http::set_cookie(session_cookie, "", std::chrono::seconds(0), app.cookies)
    );
    co_return answer;
}

awaitable<http::response> read_session(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto who = co_await read_account(ctx, *app.accounts, request.user_id);
    if (!who) co_return problem_of(who.error(), ctx);
    nlohmann::json out;
    if (*who) {
        out["user"] = json_of(**who);
    } else {
        out["user"]["id"] = request.user_id;
        out["user"]["role"] = request.is_admin ? "admin" : "user";
    }
    out["is_admin"] = request.is_admin;
    out["session_id"] = nullptr;
    if (!request.session_id.empty()) out["session_id"] = request.session_id;
    co_return private_json(200, out);
}

awaitable<http::response> set_password(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto fields = body_fields::parse(request, {"current_password", "new_password"});
    if (!fields) co_return problem_of(fields.error(), ctx);
    change_password_command c;
    c.current_password = fields->text("current_password");
    c.new_password = fields->text("new_password");
    fields->require("current_password");
    fields->require("new_password");
    if (const auto no = fields->problems()) co_return problem_of(*no, ctx);
    c.user = request.user_id;
    c.session = uuid::parse(request.session_id);
    c.client_address = request.client_address;
    const auto done = co_await change_password(ctx, *app.accounts, std::move(c));
    if (!done) co_return problem_of(done.error(), ctx);
    nlohmann::json out;
    out["ended_sessions"] = *done;
    co_return private_json(200, out);
}

}  // namespace sluice::submission
