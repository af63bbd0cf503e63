// Nothing is decided here: accounts, uploads and submissions are those of /api/v1, in the words and
// whole numbers of the older service. Its clients look at `status` in the body of a sign-in, so
// that a wrong password is a 200 there.
#include "system_a.hpp"

#include "../authenticate.hpp"
#include "../handlers/account_answers.hpp"
#include "../handlers/answers.hpp"
#include "../handlers/upload_form.hpp"
#include "../use_cases/execute_upload.hpp"
#include "../use_cases/manage_account.hpp"
#include "../use_cases/read_submission.hpp"
#include "../use_cases/sign_in.hpp"
#include "system_a_store.hpp"

#include "sluice/core/json_text.hpp"
#include "sluice/http/problem.hpp"
#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>

namespace sluice::submission {
namespace {

using http::access;
using http::scope;
using http::verb;
using nlohmann::json;

constexpr std::size_t max_inputs = std::size_t{4} << 20;
constexpr std::size_t form_limit = std::size_t{16} << 10;
constexpr std::size_t stored_form_limit = (std::size_t{5} << 30) + (std::size_t{5} << 20);

// {"formFields":[{"id":…,"value":…}]}; nullopt: it is something else.
struct sign_fields {
    std::string email;
    std::string password;
};

std::optional<sign_fields> read_sign_fields(const std::string& body) {
    const json parsed = json::parse(body, nullptr, false);
    if (!parsed.is_object() || !parsed.contains("formFields")) return std::nullopt;
    const json& list = parsed["formFields"];
    if (!list.is_array()) return std::nullopt;
    sign_fields out;
    for (const json& field : list) {
        if (!field.is_object() || !field.contains("id") || !field.contains("value") ||
            !field["id"].is_string() || !field["value"].is_string()) {
            return std::nullopt;
        }
        if (field["id"] == "email") out.email = field["value"].get<std::string>();
        if (field["id"] == "password") out.password = field["value"].get<std::string>();
    }
    return out;
}

http::response bad_sign_body(const observe::context& ctx) {
    return http::problem(
        "invalid_request",
        "the body must be "
        "{\"formFields\":[{\"id\":\"email\",\"value\":…},{\"id\":\"password\",…}]}",
        ctx
    );
}

http::response status_answer(const char* status) {
    json out;
    out["status"] = status;
    return private_json(200, out);
}

http::response field_errors(const std::vector<domain::input_problem>& problems) {
    json out;
    out["status"] = "FIELD_ERROR";
    out["formFields"] = json::array();
    for (const auto& p : problems) {
        json one;
        one["id"] = p.field;
        one["error"] = p.message;
        out["formFields"].push_back(std::move(one));
    }
    return http::json_response(200, json_text(out));
}

http::response signed_in_as(const app_context& app, const signed_in& done) {
    json out;
    out["status"] = "OK";
    out["user"]["id"] = done.who.id;
    out["user"]["email"] = done.who.email;
    out["user"]["timeJoined"] = unix_ms(done.who.created_at);
    http::response answer = private_json(200, out);
    const auto lives =
        std::chrono::floor<std::chrono::seconds>(app.accounts->rules.session_lifetime);
    answer.headers.add(
        "Set-Cookie",
        http::set_cookie(session_cookie, done.token, lives, app.cookies)
    );
    return answer;
}

// What both ways to a session check first.
std::optional<http::response> refuse_foreign_page(const app_context& app, const http::request& q) {
    if (!http::is_of_another_site(q, app.trusted_origins)) return std::nullopt;
    return http::problem("forbidden", "a page of another site may not sign in", q.ctx);
}

awaitable<http::response> a_sign_up(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (auto no = refuse_foreign_page(app, request)) co_return std::move(*no);
    auto fields = read_sign_fields(request.body);
    if (!fields) co_return bad_sign_body(ctx);
    register_command c;
    c.email = fields->email;
    c.password = std::move(fields->password);
    c.client_address = request.client_address;
    if (c.email.empty()) {
        std::vector<domain::input_problem> missing;
        missing.push_back({"email", "required", "Field is not optional", ""});
        co_return field_errors(missing);
    }
    auto made = co_await register_account(ctx, *app.accounts, std::move(c));
    if (!made && made.error().code == "account_exists") {
        std::vector<domain::input_problem> taken;
        taken.push_back(
            {"email", "not_allowed", "This email already exists. Please sign in instead.", ""}
        );
        co_return field_errors(taken);
    }
    if (!made && !made.error().problems.empty()) co_return field_errors(made.error().problems);
    if (!made) co_return problem_of(made.error(), ctx);
    std::string agent(request.headers.get("User-Agent"));
    const auto done = co_await open_session(
        ctx,
        *app.accounts,
        std::move(*made),
        request.client_address,
        std::move(agent)
    );
    if (!done) co_return problem_of(done.error(), ctx);
    co_return signed_in_as(app, *done);
}

awaitable<http::response> a_sign_in(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (auto no = refuse_foreign_page(app, request)) co_return std::move(*no);
    auto fields = read_sign_fields(request.body);
    if (!fields) co_return bad_sign_body(ctx);
    sign_in_command c;
    c.login = std::move(fields->email);
    c.password = std::move(fields->password);
    c.client_address = request.client_address;
    c.client_name = request.headers.get("User-Agent");
    const auto done = co_await sign_in(ctx, *app.accounts, std::move(c));
    if (!done && done.error().code == "wrong_credentials") {
        co_return status_answer("WRONG_CREDENTIALS_ERROR");
    }
    if (!done) co_return problem_of(done.error(), ctx);
    co_return signed_in_as(app, *done);
}

awaitable<http::response> a_session_info(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto who = co_await read_account(ctx, *app.accounts, request.user_id);
    if (!who) co_return problem_of(who.error(), ctx);
    json out;
    out["sessionHandle"] = nullptr;
    if (!request.session_id.empty()) out["sessionHandle"] = request.session_id;
    out["userId"] = request.user_id;
    out["accessTokenPayload"] = json::object();
    out["accessTokenPayload"]["role"] = request.is_admin ? "admin" : "user";
    if (*who) out["accessTokenPayload"]["email"] = (*who)->email;
    co_return private_json(200, out);
}

awaitable<http::response> a_sign_out(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    // It changes something although it is a GET.
    if (auto no = refuse_foreign_page(app, request)) co_return std::move(*no);
    const auto session = uuid::parse(request.session_id);
    if (session) {
        const auto done =
            co_await revoke_one(ctx, *app.accounts, request.user_id, token_kind::session, *session);
        if (!done && done.error().code != "not_found") co_return problem_of(done.error(), ctx);
    }
    http::response answer = status_answer("OK");
    answer.headers.add(
        "Set-Cookie",
        http::set_cookie(session_cookie, "", std::chrono::seconds(0), app.cookies)
    );
    co_return answer;
}

http::response number_answer(std::int64_t id, const char* message) {
    json out;
    out["id"] = id;
    out["message"] = message;
    return http::json_response(200, out.dump());
}

rejection missing_form_field(const char* field) {
    rejection no = reject("invalid_field", "the form is not complete");
    no.problems.push_back({field, "required", "is missing", ""});
    return no;
}

awaitable<http::response> a_upload(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    form_rules rules;
    rules.file = "programFile";
    rules.texts.push_back({"inputs", max_inputs});
    rules.texts.push_back({"programLanguage", 64});
    rules.ignores_others = true;
    auto form = co_await receive_form(ctx, *app.uploads, std::move(request), std::move(rules));
    if (!form) co_return problem_of(form.error(), ctx);
    if (!form->file) co_return problem_of(missing_form_field("programFile"), ctx);
    const auto* language = domain::find_language(app.p.languages, form->texts["programLanguage"]);
    if (language == nullptr) {
        co_await form->file->abandon();
        const auto no = wrong_field("programLanguage", "is no language", "GET /api/v1/languages");
        co_return problem_of(no, ctx);
    }
    const auto stored = co_await keep_file(*form, language->id);
    if (!stored) co_return problem_of(stored.error(), ctx);
    const auto noted =
        co_await app.system_a->set_inputs(stored->id, std::move(form->texts["inputs"]));
    if (!noted) {
        // Without its inputs it is not what was uploaded.
        const auto gone = co_await app.uploads->rows.remove(stored->owner, stored->id);
        static_cast<void>(gone);  // the sweeper has its bytes
        co_return problem_of(storage_away(ctx, noted.error()), ctx);
    }
    co_return number_answer(stored->number, "The program is uploaded.");
}

// The upload that the form names.
awaitable<outcome<upload>>
find_numbered(observe::context ctx, app_context& app, user_id owner, std::string text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
        co_return wrong_field("id", "is no number", "the id of an upload");
    }
    auto found = co_await app.uploads->rows.read_number(std::move(owner), number);
    if (!found) co_return storage_away(ctx, found.error());
    if (!*found) co_return unknown_upload();
    co_return std::move(**found);
}

// The older service mails what came of every job: so does this one, where it can.
awaitable<outcome<bool>> is_told_by_mail(observe::context ctx, const ports& p, user_id owner) {
    if (p.mail == nullptr || !p.mail->is_on()) co_return false;
    const auto address = co_await p.mail->address_of(std::move(owner));
    if (!address) co_return storage_away(ctx, address.error());
    co_return address->has_value();
}

awaitable<http::response> a_execute(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto who = quota_subject_of(request);
    const user_id& owner = who.user;
    form_rules rules;
    rules.texts.push_back({"id", 32});
    rules.ignores_others = true;
    auto form = co_await receive_form(ctx, *app.uploads, std::move(request), std::move(rules));
    if (!form) co_return problem_of(form.error(), ctx);
    const auto found = co_await find_numbered(ctx, app, owner, form->texts["id"]);
    if (!found) co_return problem_of(found.error(), ctx);
    auto inputs = co_await app.system_a->inputs(found->id);
    if (!inputs) co_return problem_of(storage_away(ctx, inputs.error()), ctx);
    const auto is_mailed = co_await is_told_by_mail(ctx, app.p, owner);
    if (!is_mailed) co_return problem_of(is_mailed.error(), ctx);

    upload_execution how;
    domain::submit_request program;
    program.stdin_bytes = std::move(*inputs);
    program.mail = *is_mailed;
    how.command.owner = owner;
    how.command.key_id = who.key;
    // Ours and not the client's: it finds the job's submission.
    how.command.correlation_id = app.p.ids.next_correlation();
    how.command.request = std::move(program);
    how.command.job = upload_job{found->id, found->number, found->language + " " + found->name};
    const auto done =
        co_await execute_upload(ctx, app.p, *app.uploads, *app.computing, *found, std::move(how));
    if (!done) co_return problem_of(done.error(), ctx);
    co_return number_answer(done->job_id, "The job is queued.");
}

std::string output_of(const domain::run_result& r) {
    std::string out;
    if (r.status != domain::status::accepted) out = std::string(to_string(r.status)) + "\n";
    if (r.status == domain::status::compile_error && r.compile) return out + r.compile->output;
    return out + r.stdout_bytes + r.stderr_bytes;
}

awaitable<http::response> a_jobs(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await app.system_a->jobs(request.user_id);
    if (!found) co_return problem_of(storage_away(ctx, found.error()), ctx);
    json out;
    out["jobs"] = json::array();
    for (const auto& job : *found) {
        json one;
        one["id"] = job.id;
        one["upload"] = job.upload;
        one["job_status"] = job.result ? "executed" : "suspend";
        one["execute_status"] = job.result ? "done" : "in progress";
        one["output"] = nullptr;
        one["execute_date"] = nullptr;
        if (job.result) one["output"] = output_of(*job.result);
        if (job.done_at) one["execute_date"] = to_rfc3339(*job.done_at);
        out["jobs"].push_back(std::move(one));
    }
    co_return http::json_response(200, json_text(out));
}

// The names that it had for its languages; ours for the others.
std::string a_language(const std::string& id) {
    if (id == "python3") return "py";
    if (id == "cpp20") return "cpp";
    if (id == "c17") return "c";
    return id;
}

awaitable<http::response> a_uploads(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await app.system_a->uploads(request.user_id);
    if (!found) co_return problem_of(storage_away(ctx, found.error()), ctx);
    json out;
    out["uploads"] = json::array();
    for (const auto& u : *found) {
        json one;
        one["id"] = u.number;
        one["email"] = u.email;
        one["inputs"] = u.inputs;
        one["program_language"] = a_language(u.language);
        one["is_enable"] = u.is_enable;
        out["uploads"].push_back(std::move(one));
    }
    co_return http::json_response(200, json_text(out));
}

constexpr std::array<http::route<app_context>, 8> system_a_table{{
    {verb::post, "/api/auth/signup", a_sign_up, "Sign up (system A)", access::open, form_limit},
    {verb::post, "/api/auth/signin", a_sign_in, "Sign in (system A)", access::open, form_limit},
    {verb::get, "/api/session/info", a_session_info, "See the session (system A)", access::user},
    {verb::get, "/api/signout", a_sign_out, "Sign out (system A)", access::user, 0, scope::account},
    {verb::post,
     "/api/upload",
     a_upload,
     "Upload a program (system A)",
     access::user,
     stored_form_limit,
     scope::automatic,
     http::body_form::streamed},
    {verb::post,
     "/api/execute",
     a_execute,
     "Run an upload (system A)",
     access::user,
     form_limit,
     scope::automatic,
     http::body_form::streamed},
    {verb::get, "/api/jobs/status", a_jobs, "See your jobs (system A)", access::user},
    {verb::get, "/api/uploads/info", a_uploads, "See your uploads (system A)", access::user},
}};

}  // namespace

std::span<const http::route<app_context>> system_a_routes() {
    return system_a_table;
}

}  // namespace sluice::submission
