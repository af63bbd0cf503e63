// /api/v1/auth/sessions and /api/v1/auth/keys: what was given out, and its end.
#include "../use_cases/manage_account.hpp"
#include "account_answers.hpp"
#include "accounts.hpp"
#include "answers.hpp"
#include "body_fields.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

nlohmann::json time_or_null(const std::optional<wall_time>& t) {
    if (!t) return nullptr;
    return to_rfc3339(*t);
}

outcome<uuid> read_id(const http::request& request) {
    const auto given = request.params.find("id");
    const auto id = uuid::parse(given == request.params.end() ? "" : given->second);
    if (!id) return reject("not_found", "you have nothing with this id");
    return *id;
}

awaitable<http::response> revoke(app_context& app, http::request request, token_kind kind) {
    const observe::context ctx = context_of(request);
    const auto id = read_id(request);
    if (!id) co_return problem_of(id.error(), ctx);
    const auto done = co_await revoke_one(ctx, *app.accounts, request.user_id, kind, *id);
    if (!done) co_return problem_of(done.error(), ctx);
    http::response answer;
    answer.status = 204;
    co_return answer;
}

outcome<create_key_command> read_key_command(const http::request& request) {
    auto fields = body_fields::parse(request, {"name", "scopes", "expires_at"});
    if (!fields) return fields.error();
    create_key_command c;
    c.user = request.user_id;
    c.is_admin = request.is_admin;
    c.name = fields->text("name");
    const std::string expires = fields->text("expires_at");
    const auto scopes = fields->texts("scopes");
    fields->require("name");
    fields->require("scopes");
    if (auto no = fields->problems()) return std::move(*no);
    if (!expires.empty()) {
        c.expires_at = parse_rfc3339(expires);
        if (!c.expires_at) return wrong_field("expires_at", "is no time", "RFC 3339");
    }
    c.scopes = {false, false, false, false};
    for (const std::string& one : scopes) {
        if (one != "read" && one != "submit" && one != "admin") {
            return wrong_field("scopes", "there is no such scope", "read, submit, admin");
        }
        c.scopes.read = c.scopes.read || one == "read";
        c.scopes.submit = c.scopes.submit || one == "submit";
        c.scopes.admin = c.scopes.admin || one == "admin";
    }
    return c;
}

}  // namespace

nlohmann::json json_of(const account& who) {
    nlohmann::json out;
    out["id"] = who.id;
    out["name"] = nullptr;
    out["email"] = nullptr;
    if (!who.name.empty()) out["name"] = who.name;
    if (!who.email.empty()) out["email"] = who.email;
    out["role"] = who.role == role::admin ? "admin" : "user";
    out["created_at"] = to_rfc3339(who.created_at);
    return out;
}

nlohmann::json json_of(const listed_token& key) {
    nlohmann::json out;
    out["id"] = key.id.to_string();
    out["name"] = key.name;
    out["scopes"] = nlohmann::json::array();
    if (key.scopes.read) out["scopes"].push_back("read");
    if (key.scopes.submit) out["scopes"].push_back("submit");
    if (key.scopes.admin) out["scopes"].push_back("admin");
    out["created_at"] = to_rfc3339(key.created_at);
    out["expires_at"] = time_or_null(key.expires_at);
    out["last_used_at"] = time_or_null(key.last_used_at);
    return out;
}

nlohmann::json session_json(const listed_token& session, std::string_view current) {
    nlohmann::json out;
    out["id"] = session.id.to_string();
    out["client"] = session.name;
    out["client_address"] = session.client_address;
    out["created_at"] = to_rfc3339(session.created_at);
    out["expires_at"] = time_or_null(session.expires_at);
    out["last_used_at"] = time_or_null(session.last_used_at);
    out["is_current"] = session.id.to_string() == current;
    return out;
}

http::response private_json(unsigned status, const nlohmann::json& body) {
    http::response answer = http::json_response(status, body.dump());
    answer.headers.set("Cache-Control", "no-store");
    return answer;
}

awaitable<http::response> list_sessions(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found =
        co_await list_tokens(ctx, *app.accounts, request.user_id, token_kind::session);
    if (!found) co_return problem_of(found.error(), ctx);
    nlohmann::json out;
    out["items"] = nlohmann::json::array();
    for (const auto& one : *found)
        out["items"].push_back(session_json(one, request.session_id));
    co_return private_json(200, out);
}

awaitable<http::response> end_other_sessions(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    token_choice others;
    others.owner = request.user_id;
    others.but = uuid::parse(request.session_id);
    const auto gone = co_await revoke_tokens(ctx, *app.accounts, std::move(others));
    if (!gone) co_return problem_of(gone.error(), ctx);
    nlohmann::json out;
    out["ended_sessions"] = *gone;
    co_return private_json(200, out);
}

awaitable<http::response> end_session(app_context& app, http::request request) {
    co_return co_await revoke(app, std::move(request), token_kind::session);
}

awaitable<http::response> revoke_key(app_context& app, http::request request) {
    co_return co_await revoke(app, std::move(request), token_kind::key);
}

awaitable<http::response> make_key(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto command = read_key_command(request);
    if (!command) co_return problem_of(command.error(), ctx);
    const auto made = co_await create_key(ctx, *app.accounts, std::move(*command));
    if (!made) co_return problem_of(made.error(), ctx);
    nlohmann::json out = json_of(made->key);
    out["key"] = made->token;
    co_return private_json(201, out);
}

awaitable<http::response> list_keys(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await list_tokens(ctx, *app.accounts, request.user_id, token_kind::key);
    if (!found) co_return problem_of(found.error(), ctx);
    nlohmann::json out;
    out["items"] = nlohmann::json::array();
    for (const auto& one : *found)
        out["items"].push_back(json_of(one));
    co_return private_json(200, out);
}

}  // namespace sluice::submission
