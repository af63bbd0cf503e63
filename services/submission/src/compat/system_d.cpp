// See system_d.hpp. The history is kept as the text of its answer, with a version that every change
// of the user's submissions moves on: a text of another version is made anew.
#include "system_d.hpp"

#include "../handlers/answers.hpp"
#include "../handlers/body_fields.hpp"
#include "../use_cases/accept_submission.hpp"
#include "../use_cases/manage_account.hpp"
#include "../use_cases/read_submission.hpp"

#include "sluice/http/cookies.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using nlohmann::json;

constexpr std::size_t most_entries = 200;

// A field that may be null, as that system's language writes it.
json nullable(const std::optional<std::string>& text) {
    json out;
    out["String"] = text.value_or("");
    out["Valid"] = text.has_value();
    return out;
}

std::string worker_status(domain::status s) {
    if (s == domain::status::queued) return "pending";
    if (s == domain::status::accepted) return "success";
    return std::string(domain::to_string(s));
}

std::optional<std::string> output_of(const stored_program& s) {
    if (!s.result) return std::nullopt;
    const domain::run_result& r = *s.result;
    if (r.status == domain::status::accepted) return r.stdout_bytes;
    if (r.status == domain::status::compile_error && r.compile) return r.compile->output;
    return r.stdout_bytes + r.stderr_bytes + r.message;
}

json entry_of(const stored_program& s, std::int64_t number) {
    json out;
    out["UserID"] = number;
    out["InstanciationTS"] = to_rfc3339(s.created_at);
    out["RequestUUID"] = s.id.to_string();
    out["CodeContent"] = s.source;
    out["WorkerStatus"] = nullable(worker_status(s.status));
    out["OutputResult"] = nullable(output_of(s));
    return out;
}

// Program text may be any bytes; here it is text.
std::string text_of(const json& document) {
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

awaitable<outcome<std::vector<stored_program>>>
read_programs(observe::context ctx, ports& p, user_id owner) {
    auto found = co_await p.history.store->newest(std::move(owner), most_entries);
    if (!found) co_return storage_away(ctx, found.error());
    std::vector<submission_id> unfinished;
    for (const auto& s : *found) {
        if (!s.result) unfinished.push_back(s.id);
    }
    if (unfinished.empty()) co_return std::move(*found);
    const auto running = co_await p.states.running(std::move(unfinished));
    std::size_t next = 0;
    for (auto& s : *found) {
        if (s.result) continue;
        if (next < running.size() && running[next]) s.status = domain::status::running;
        ++next;
    }
    co_return std::move(*found);
}

struct body_text {
    std::string value;
};

// {"data": […]}, from the copy when nothing has changed since.
awaitable<outcome<body_text>> history_text(observe::context ctx, app_context& app, user_id user) {
    std::optional<kept_history> kept;
    if (app.p.history.texts != nullptr) kept = co_await app.p.history.texts->find(user);
    if (kept && kept->text) co_return body_text{std::move(*kept->text)};
    const auto account = co_await read_account(ctx, *app.accounts, user);
    if (!account) co_return account.error();
    const std::int64_t number = *account ? (*account)->number : 0;
    const auto programs = co_await read_programs(ctx, app.p, user);
    if (!programs) co_return programs.error();
    json out;
    out["data"] = json::array();
    for (const auto& s : *programs)
        out["data"].push_back(entry_of(s, number));
    std::string text = text_of(out);
    if (kept) co_await app.p.history.texts->keep(std::move(user), std::move(kept->version), text);
    co_return body_text{std::move(text)};
}

}  // namespace

bool is_system_d_path(std::string_view path) {
    return path == "/api/run_code" || path == "/api/get_history" || path == "/api/get_last_request";
}

awaitable<http::response> d_register(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    auto fields = body_fields::parse(request, {"username", "password"});
    if (!fields) co_return problem_of(fields.error(), ctx);
    register_command c;
    c.name = fields->text("username");
    c.password = fields->text("password");
    fields->require("username");
    fields->require("password");
    if (const auto no = fields->problems()) co_return problem_of(*no, ctx);
    c.client_address = request.client_address;
    const auto done = co_await register_account(ctx, *app.accounts, std::move(c));
    if (!done) co_return problem_of(done.error(), ctx);
    json out;
    out["UserID"] = done->number;
    out["username"] = done->name;
    co_return http::json_response(201, out.dump());
}

awaitable<http::response> d_login(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (http::is_of_another_site(request, app.trusted_origins)) {
        co_return problem_of(reject("forbidden", "a page of another site may not sign in"), ctx);
    }
    auto fields = body_fields::parse(request, {"username", "password"});
    if (!fields) co_return problem_of(fields.error(), ctx);
    sign_in_command c;
    c.login = fields->text("username");
    c.password = fields->text("password");
    fields->require("username");
    fields->require("password");
    if (const auto no = fields->problems()) co_return problem_of(*no, ctx);
    c.client_address = request.client_address;
    c.client_name = request.headers.get("User-Agent");
    const auto done = co_await sign_in(ctx, *app.accounts, std::move(c));
    if (!done) co_return problem_of(done.error(), ctx);
    json out;
    out["UserID"] = done->who.number;
    http::response answer = http::json_response(200, out.dump());
    const auto lives =
        std::chrono::floor<std::chrono::seconds>(app.accounts->rules.session_lifetime);
    answer.headers.add(
        "Set-Cookie",
        http::set_cookie(system_d_cookie, done->token, lives, app.cookies)
    );
    answer.headers.set("Cache-Control", "no-store");
    co_return answer;
}

awaitable<http::response> d_run_code(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    auto fields = body_fields::parse(request, {"language", "content"});
    if (!fields) co_return problem_of(fields.error(), ctx);
    domain::submit_request wanted;
    wanted.language = fields->text("language");
    domain::source_file file;
    file.content = fields->text("content");
    wanted.files.push_back(std::move(file));
    fields->require("language");
    fields->require("content");
    if (const auto no = fields->problems()) co_return problem_of(*no, ctx);
    submit_command command;
    command.owner = request.user_id;
    command.key_id = quota_subject_of(request).key;
    command.correlation_id = correlation_of(ctx, app.p.ids);
    command.request = std::move(wanted);
    const auto done = co_await accept_submission(ctx, app.p, std::move(command));
    if (!done) co_return problem_of(done.error(), ctx);
    if (app.p.history.texts != nullptr) co_await app.p.history.texts->changed(request.user_id);
    json out;
    out["RequestUUID"] = done->view.id.to_string();
    co_return http::json_response(200, out.dump());
}

awaitable<http::response> d_get_history(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    auto text = co_await history_text(ctx, app, request.user_id);
    if (!text) co_return problem_of(text.error(), ctx);
    co_return http::json_response(200, std::move(text->value));
}

awaitable<http::response> d_get_last_request(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto text = co_await history_text(ctx, app, request.user_id);
    if (!text) co_return problem_of(text.error(), ctx);
    const auto all = json::parse(text->value, nullptr, false);
    if (!all.is_object() || all["data"].empty()) {
        co_return problem_of(reject("not_found", "you have run nothing yet"), ctx);
    }
    co_return http::json_response(200, text_of(all["data"].front()));
}

}  // namespace sluice::submission
