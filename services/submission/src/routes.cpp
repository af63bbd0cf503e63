// THE table.
#include "routes.hpp"

#include "compat/system_a.hpp"
#include "compat/system_d.hpp"
#include "compat/system_e.hpp"
#include "handlers/accounts.hpp"
#include "handlers/admin.hpp"
#include "handlers/handlers.hpp"
#include "handlers/history.hpp"
#include "handlers/mail.hpp"
#include "handlers/quotas.hpp"
#include "handlers/uploads.hpp"
#include "handlers/users.hpp"
#include "handlers/webhooks.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace sluice::submission {
namespace {

using http::access;
using http::scope;
using http::verb;

// Source, stdin and expected output have 4 MiB each; base64 of all three at once does not fit, and
// nobody needs it to.
constexpr std::size_t submit_limit = std::size_t{12} << 20;

// Of a whole batch, which is held in memory until it is stored.
constexpr std::size_t batch_limit = std::size_t{32} << 20;

// Names, passwords and keys; a password alone may have 1 KiB, and six bytes of JSON for each of
// them.
constexpr std::size_t account_limit = std::size_t{16} << 10;

// A URL and sixteen headers, written as six bytes of JSON for each.
constexpr std::size_t webhook_limit = std::size_t{160} << 10;

constexpr std::size_t settings_limit = std::size_t{64} << 10;

// What one object of S3 may hold, and the form around it; uploads.max_bytes says what is taken.
constexpr std::size_t upload_limit = (std::size_t{5} << 30) + (std::size_t{64} << 10);

constexpr std::array<http::route<app_context>, 73> table{{
    {verb::post, "/api/v1/submissions", submit, "Submit a program", access::user, submit_limit},
    {verb::get, "/api/v1/submissions", list_history, "List your submissions", access::user},
    {verb::get, "/api/v1/submissions/{id}", get_submission, "Read one submission", access::user},
    {verb::delete_,
     "/api/v1/submissions/{id}",
     cancel,
     "Cancel one submission, or delete it",
     access::user},
    {verb::delete_, "/api/v1/submissions", delete_history, "Delete old submissions", access::user},
    {verb::get, "/api/v1/me/usage", read_usage, "Read what you have used", access::user},
    {verb::post,
     "/api/v1/batches",
     submit_batch,
     "Submit many programs at once",
     access::user,
     batch_limit},
    {verb::get, "/api/v1/batches/{correlation_id}", get_batch, "Read a batch", access::user},
    {verb::post,
     "/api/v1/comparisons",
     submit_comparison,
     "Compare two programs on generated inputs",
     access::user,
     submit_limit},
    {verb::get, "/api/v1/languages", list_languages, "List the languages", access::user},
    {verb::get, "/api/v1/limits", read_limits, "Read the limits", access::user},
    {verb::post,
     "/api/v1/ws-tickets",
     create_ticket,
     "Issue a WebSocket ticket",
     access::user,
     1024},
    {verb::post,
     "/api/v1/auth/register",
     register_user,
     "Make an account",
     access::open,
     account_limit},
    {verb::post, "/api/v1/auth/sign-in", sign_in_user, "Sign in", access::open, account_limit},
    {verb::post, "/api/v1/auth/sign-out", sign_out, "Sign out", access::user, 1024, scope::account},
    {verb::get, "/api/v1/auth/session", read_session, "Read who you are", access::user},
    {verb::put,
     "/api/v1/auth/password",
     set_password,
     "Change your password",
     access::user,
     account_limit,
     scope::account},
    {verb::get,
     "/api/v1/auth/sessions",
     list_sessions,
     "List your sessions",
     access::user,
     0,
     scope::account},
    {verb::delete_,
     "/api/v1/auth/sessions",
     end_other_sessions,
     "End all your other sessions",
     access::user,
     0,
     scope::account},
    {verb::delete_,
     "/api/v1/auth/sessions/{id}",
     end_session,
     "End one of your sessions",
     access::user,
     0,
     scope::account},
    {verb::post,
     "/api/v1/auth/keys",
     make_key,
     "Make an API key",
     access::user,
     account_limit,
     scope::account},
    {verb::get,
     "/api/v1/auth/keys",
     list_keys,
     "List your API keys",
     access::user,
     0,
     scope::account},
    {verb::delete_,
     "/api/v1/auth/keys/{id}",
     revoke_key,
     "Revoke an API key",
     access::user,
     0,
     scope::account},
    {verb::get, "/api/v1/me/quotas", read_my_quotas, "Read your quotas", access::user},
    {verb::get, "/api/v1/me/mail", read_mail, "Read whether you get mail", access::user},
    {verb::put,
     "/api/v1/me/mail",
     set_mail,
     "Set whether you get mail",
     access::user,
     account_limit,
     scope::account},
    {verb::get, "/api/v1/me/webhook", read_webhook, "Read your webhook", access::user},
    {verb::put,
     "/api/v1/me/webhook",
     set_webhook,
     "Set your webhook",
     access::user,
     webhook_limit,
     scope::account},
    {verb::delete_,
     "/api/v1/me/webhook",
     delete_webhook,
     "Remove your webhook",
     access::user,
     0,
     scope::account},
    {verb::post,
     "/api/v1/me/webhook/secret",
     renew_webhook_secret,
     "Make a new signing secret",
     access::user,
     1024,
     scope::account},
    {verb::get,
     "/api/v1/webhook-deliveries",
     list_deliveries,
     "List your webhook deliveries",
     access::user},
    {verb::get,
     "/api/v1/webhook-deliveries/{id}",
     read_delivery,
     "Read one delivery with its attempts",
     access::user},
    {verb::post,
     "/api/v1/webhook-deliveries/{id}/replay",
     replay_delivery,
     "Send a delivery again",
     access::user,
     1024},
    {verb::post,
     "/api/v1/uploads",
     store_upload,
     "Store a program",
     access::user,
     upload_limit,
     scope::automatic,
     http::body_form::streamed},
    {verb::get, "/api/v1/uploads", list_uploads, "List your uploads", access::user},
    {verb::get, "/api/v1/uploads/{id}", read_upload, "Read about one upload", access::user},
    {verb::get,
     "/api/v1/uploads/{id}/content",
     read_upload_content,
     "Read what was uploaded",
     access::user},
    {verb::delete_, "/api/v1/uploads/{id}", delete_upload, "Delete one upload", access::user},
    {verb::post,
     "/api/v1/uploads/{id}/execute",
     execute_stored,
     "Run an upload",
     access::user,
     submit_limit},
    {verb::post, "/v1/auth/login", job_login, "Log in (job worker)", access::open, 4096},
    {verb::post,
     "/v1/job/schedule",
     schedule_job,
     "Schedule commands (job worker)",
     access::user,
     batch_limit},
    {verb::get, "/v1/job/search", search_job, "Follow commands (job worker)", access::user},
    {verb::get, "/api/v1/admin/instances", list_instances, "See every instance", access::admin},
    {verb::get, "/api/v1/admin/jobs", list_jobs, "See the running jobs", access::admin},
    {verb::get, "/api/v1/admin/queues", list_queues, "See the queues", access::admin},
    {verb::post,
     "/api/v1/admin/instances/{id}/pause",
     pause_instances,
     "Pause one instance",
     access::admin},
    {verb::post,
     "/api/v1/admin/instances/{id}/resume",
     resume_instances,
     "Resume one instance",
     access::admin},
    {verb::post,
     "/api/v1/admin/instances/{id}/drain",
     drain_instances,
     "Drain one instance",
     access::admin},
    {verb::post,
     "/api/v1/admin/services/{service}/pause",
     pause_instances,
     "Pause a service",
     access::admin},
    {verb::post,
     "/api/v1/admin/services/{service}/resume",
     resume_instances,
     "Resume a service",
     access::admin},
    {verb::post,
     "/api/v1/admin/services/{service}/drain",
     drain_instances,
     "Drain a service",
     access::admin},
    {verb::get,
     "/api/v1/admin/settings",
     get_settings,
     "See the settings that may change",
     access::admin},
    {verb::patch,
     "/api/v1/admin/settings",
     patch_settings,
     "Change settings",
     access::admin,
     settings_limit},
    {verb::get, "/api/v1/admin/audit", list_audit, "See what administrators did", access::admin},
    {verb::get, "/api/v1/admin/users/{user}", read_user, "See an account", access::admin},
    {verb::put,
     "/api/v1/admin/users/{user}",
     set_user_standing,
     "Disable an account, or let it in again",
     access::admin,
     1024},
    {verb::get,
     "/api/v1/admin/users/{user}/quotas",
     read_user_quotas,
     "See a user's quotas",
     access::admin},
    {verb::put,
     "/api/v1/admin/users/{user}/quotas",
     set_user_quotas,
     "Set a user's quotas",
     access::admin,
     4096},
    {verb::delete_,
     "/api/v1/admin/users/{user}/quotas",
     reset_user_quotas,
     "Reset a user's quotas",
     access::admin},
    {verb::post, "/auth/register", d_register, "Make an account (D)", access::open, account_limit},
    {verb::post, "/auth/login", d_login, "Sign in (D)", access::open, account_limit},
    {verb::post, "/api/run_code", d_run_code, "Run a program (D)", access::user, submit_limit},
    {verb::get, "/api/get_history", d_get_history, "List your programs (D)", access::user},
    {verb::get, "/api/get_last_request", d_get_last_request, "The newest (D)", access::user},
    {verb::get, login_page_path, e_login_page, "The page to sign in (E)", access::open},
    {verb::post, login_page_path, e_login, "Sign in on it (E)", access::open, account_limit},
    {verb::get, run_page_path, e_run_page, "The page to run programs (E)", access::user},
    {verb::post, run_page_path, e_run, "Run one on it (E)", access::user, submit_limit},
    {verb::get, "/run.js", e_script, "Its script (E)", access::open},
    {verb::post, "/logout", e_logout, "Sign out on it (E)", access::user, 1024, scope::account},
    {verb::get, "/openapi.json", read_openapi, "This document", access::open},
    {verb::get, "/docs", read_docs, "This document as a page", access::open},
    {verb::get, "/", redirect_to_docs, "To the documentation", access::open},
}};

const char* name_of(access who) {
    switch (who) {
        case access::open:
            return "open";
        case access::user:
            return "user";
        case access::admin:
            return "admin";
    }
    return "";
}

}  // namespace

std::span<const http::route<app_context>> routes() {
    static const auto all = [] {
        std::vector<http::route<app_context>> joined(table.begin(), table.end());
        const auto older = system_a_routes();
        joined.insert(joined.end(), older.begin(), older.end());
        return joined;
    }();
    return all;
}

std::vector<http::route<app_context>> enabled_routes(const compatibility_section& c) {
    std::vector<http::route<app_context>> out(table.begin(), table.end());
    std::erase_if(out, [&c](const http::route<app_context>& row) {
        const bool is_d = is_system_d_path(row.pattern) || row.pattern.starts_with("/auth/");
        const bool is_e = row.pattern == login_page_path || row.pattern == run_page_path ||
                          row.pattern == "/run.js" || row.pattern == "/logout";
        return (is_d && !c.system_d) || (is_e && !c.system_e);
    });
    if (c.system_a) {
        const auto older = system_a_routes();
        out.insert(out.end(), older.begin(), older.end());
    }
    return out;
}

nlohmann::json routes_document() {
    auto out = nlohmann::json::array();
    for (const auto& row : routes()) {
        nlohmann::json entry;
        entry["method"] = std::string(http::to_string(row.method));
        entry["path"] = std::string(row.pattern);
        entry["access"] = name_of(row.who);
        if (row.who != access::open) {
            const scope need = http::needed_scope(row.method, row.who, row.need);
            entry["scope"] = std::string(http::to_string(need));
        }
        entry["body_limit"] = row.body_limit;
        entry["summary"] = std::string(row.summary);
        out.push_back(std::move(entry));
    }
    return out;
}

}  // namespace sluice::submission
