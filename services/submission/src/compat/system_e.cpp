// See system_e.hpp. Nothing is loaded from elsewhere, and a page of another site can neither show
// these in a frame nor post to them.
#include "system_e.hpp"

#include "../authenticate.hpp"
#include "../handlers/answers.hpp"
#include "../use_cases/accept_submission.hpp"
#include "../use_cases/manage_account.hpp"
#include "../use_cases/read_submission.hpp"
#include "system_e_page.hpp"

#include "sluice/http/cookies.hpp"
#include "sluice/http/problem.hpp"
#include "sluice/http/router.hpp"

namespace sluice::submission {
namespace {

// So long a page without scripts waits for a result.
constexpr std::chrono::seconds page_wait{10};

// "ws://host:port", of the address that tickets name; empty: this very host.
std::string socket_origin(const std::string& url) {
    const auto scheme = url.find("://");
    if (scheme == std::string::npos) return "";
    std::string origin = url.substr(0, url.find('/', scheme + 3));
    if (origin.starts_with("http")) origin.replace(0, 4, "ws");
    // It becomes part of a header's list: anything that could end an entry is none of ours.
    return origin.find_first_of(" ;,") == std::string::npos ? origin : "";
}

http::response page(const app_context& app, unsigned status, std::string html) {
    http::response out;
    out.status = status;
    out.headers.set("Content-Type", "text/html; charset=utf-8");
    std::string policy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "connect-src 'self'";
    const std::string origin = socket_origin(app.websocket_url);
    if (!origin.empty()) policy += " " + origin;
    out.headers.set("Content-Security-Policy", std::move(policy));
    out.headers.set("X-Content-Type-Options", "nosniff");
    out.headers.set("X-Frame-Options", "DENY");
    out.headers.set("Referrer-Policy", "same-origin");
    out.headers.set("Cache-Control", "no-store");
    out.body = std::move(html);
    return out;
}

// A GET of another address comes next.
http::response go_to(std::string where) {
    http::response out;
    out.status = 303;
    out.headers.set("Location", std::move(where));
    out.headers.set("Cache-Control", "no-store");
    return out;
}

using form_fields = std::map<std::string, std::string>;

// nullopt: it is no form.
std::optional<form_fields> read_form(const http::request& request) {
    const auto type = request.headers.get("Content-Type");
    if (!type.starts_with("application/x-www-form-urlencoded")) return std::nullopt;
    form_fields fields;
    std::string path;
    if (!http::parse_target("/?" + request.body, path, fields)) return std::nullopt;
    return fields;
}

http::response not_a_form(const observe::context& ctx) {
    return http::problem(
        "unsupported_media_type",
        "this takes application/x-www-form-urlencoded, well-formed and without NUL",
        ctx
    );
}

// Browsers send text areas with CR LF.
std::string with_newlines(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        out += text[i];
    }
    return out;
}

std::string problem_text(const rejection& no) {
    if (no.problems.empty()) return no.detail;
    const auto& first = no.problems.front();
    return first.field + ": " + first.message;
}

unsigned status_of(const rejection& no, const observe::context& ctx) {
    return problem_of(no, ctx).status;
}

}  // namespace

awaitable<http::response> e_login_page(app_context& app, http::request) {
    co_return page(app, 200, login_page(""));
}

awaitable<http::response> e_login(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (http::is_of_another_site(request, app.trusted_origins)) {
        co_return page(app, 403, login_page("A page of another site may not sign in."));
    }
    auto fields = read_form(request);
    if (!fields) co_return not_a_form(ctx);
    sign_in_command c;
    c.login = (*fields)["login"];
    c.password = (*fields)["password"];
    c.client_address = request.client_address;
    c.client_name = request.headers.get("User-Agent");
    const auto done = co_await sign_in(ctx, *app.accounts, std::move(c));
    if (!done) {
        const unsigned status = status_of(done.error(), ctx);
        auto answer = page(app, status, login_page(problem_text(done.error())));
        if (done.error().retry_after_seconds > 0) {
            answer.headers.set("Retry-After", std::to_string(done.error().retry_after_seconds));
        }
        co_return answer;
    }
    http::response answer = go_to(std::string(run_page_path));
    const auto lives =
        std::chrono::floor<std::chrono::seconds>(app.accounts->rules.session_lifetime);
    answer.headers.add(
        "Set-Cookie",
        http::set_cookie(session_cookie, done->token, lives, app.cookies)
    );
    co_return answer;
}

awaitable<http::response> e_run_page(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    run_page_text text;
    unsigned status = 200;
    if (const auto given = request.query.find("id"); given != request.query.end()) {
        const auto id = submission_id::parse(given->second);
        outcome<domain::submission_view> view = reject("not_found", "There is no such submission.");
        if (id) view = co_await read_submission(ctx, app.p, request.user_id, *id, page_wait);
        if (view) {
            text.shown = std::move(*view);
            text.language = text.shown->language;
        } else {
            text.problem = problem_text(view.error());
            status = status_of(view.error(), ctx);
        }
    }
    co_return page(app, status, run_page(app.p.languages, text));
}

awaitable<http::response> e_run(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    auto fields = read_form(request);
    if (!fields) co_return not_a_form(ctx);
    run_page_text text;
    text.language = (*fields)["language"];
    text.source = with_newlines((*fields)["source"]);
    text.stdin_text = with_newlines((*fields)["stdin"]);
    domain::submit_request wanted;
    wanted.language = text.language;
    domain::source_file file;
    file.content = text.source;
    wanted.files.push_back(std::move(file));
    wanted.stdin_bytes = text.stdin_text;
    wanted.cache = true;
    submit_command command;
    command.owner = request.user_id;
    command.key_id = quota_subject_of(request).key;
    command.correlation_id = correlation_of(ctx, app.p.ids);
    command.request = std::move(wanted);
    const auto done = co_await accept_submission(ctx, app.p, std::move(command));
    if (done) co_return go_to("/run?id=" + done->view.id.to_string());
    text.problem = problem_text(done.error());
    co_return page(app, status_of(done.error(), ctx), run_page(app.p.languages, text));
}

awaitable<http::response> e_script(app_context&, http::request) {
    http::response out;
    out.headers.set("Content-Type", "text/javascript; charset=utf-8");
    out.headers.set("X-Content-Type-Options", "nosniff");
    out.body = run_script();
    co_return out;
}

awaitable<http::response> e_logout(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (const auto session = uuid::parse(request.session_id)) {
        const auto done =
            co_await revoke_one(ctx, *app.accounts, request.user_id, token_kind::session, *session);
        if (!done && done.error().code != "not_found") co_return problem_of(done.error(), ctx);
    }
    http::response answer = go_to(std::string(login_page_path));
    answer.headers.add(
        "Set-Cookie",
        http::set_cookie(session_cookie, "", std::chrono::seconds(0), app.cookies)
    );
    co_return answer;
}

}  // namespace sluice::submission
