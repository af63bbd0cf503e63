// A wrong token and no token get the same answer; the log has neither.
#include "authenticate.hpp"

#include "compat/system_d.hpp"
#include "compat/system_e.hpp"
#include "handlers/answers.hpp"

#include "sluice/http/bearer.hpp"
#include "sluice/http/cookies.hpp"
#include "sluice/http/problem.hpp"

namespace sluice::submission {
namespace {

constexpr int retry_after_seconds = 2;

http::response unauthorized(const http::request& q) {
    if (q.path == run_page_path) {  // a person is there, who can do something about it
        http::response to_login;
        to_login.status = 303;
        to_login.headers.set("Location", std::string(login_page_path));
        return to_login;
    }
    auto no = http::problem(
        "unauthorized",
        "send Authorization: Bearer <token> with a token that is known here",
        q.ctx
    );
    no.headers.set("WWW-Authenticate", "Bearer");
    return no;
}

http::response unavailable(const http::request& q) {
    return http::problem(
        "storage_unavailable",
        "callers cannot be told apart just now",
        q.ctx,
        {},
        retry_after_seconds
    );
}

http::response forbidden(const http::request& q, std::string why) {
    return http::problem("forbidden", std::move(why), q.ctx);
}

struct credential {
    std::string token;
    bool is_cookie = false;
};

// A header beats a cookie, even a malformed one: whoever sends it means it.
std::optional<credential> find_credential(const http::request& q) {
    credential out;
    if (q.headers.contains("Authorization")) {
        const auto token = http::parse_bearer(q.headers.get("Authorization"));
        if (!token) return std::nullopt;
        out.token = *token;
        return out;
    }
    auto cookie = http::find_cookie(q, session_cookie);
    if (is_system_d_path(q.path)) {
        if (auto older = http::find_cookie(q, system_d_cookie)) cookie = std::move(older);
    }
    if (!cookie || cookie->empty()) return std::nullopt;
    out.token = std::move(*cookie);
    out.is_cookie = true;
    return out;
}

bool changes_something(http::verb method) {
    return method != http::verb::get && method != http::verb::head && method != http::verb::options;
}

bool is_allowed(const scope_set& scopes, http::scope need) {
    switch (need) {
        case http::scope::automatic:
            return true;
        case http::scope::read:
            return scopes.read;
        case http::scope::submit:
            return scopes.submit;
        case http::scope::admin:
            return scopes.admin;
        case http::scope::account:
            return scopes.account;
    }
    return false;
}

awaitable<std::optional<http::response>> count(request_gate& requests, http::request& q) {
    auto verdict = co_await requests.request(quota_subject_of(q));
    for (auto& [name, value] : verdict.headers)
        q.answer_headers.set(std::move(name), std::move(value));
    if (!verdict.refused) co_return std::nullopt;
    co_return problem_of(*verdict.refused, q.ctx);
}

// nullopt: he may, and the request says who he is.
awaitable<std::optional<http::response>> decide(
    identity_source& source,
    const std::vector<std::string>& origins,
    request_gate* requests,
    http::request& q,
    http::access who
) {
    if (who == http::access::open) co_return std::nullopt;
    auto shown = find_credential(q);
    if (!shown) co_return unauthorized(q);
    if (shown->is_cookie && changes_something(q.method) && http::is_of_another_site(q, origins)) {
        co_return forbidden(q, "a page of another site may not use this cookie");
    }
    auto found = co_await source.of_token(std::move(shown->token));
    if (!found) co_return unavailable(q);
    if (!*found) co_return unauthorized(q);
    identity& caller = **found;
    if (who == http::access::admin && caller.role != role::admin) {
        co_return forbidden(q, "this is for administrators");
    }
    if (!is_allowed(caller.scopes, q.needs)) {
        const std::string need(http::to_string(q.needs));
        co_return forbidden(q, "this key was not made for '" + need + "'");
    }
    q.user_id = std::move(caller.user);
    q.is_admin = caller.role == role::admin;
    if (caller.session) q.session_id = caller.session->to_string();
    if (caller.key) q.key_id = caller.key->to_string();
    if (requests == nullptr || who == http::access::admin) co_return std::nullopt;
    co_return co_await count(*requests, q);
}

}  // namespace

http::authenticator authenticate(
    identity_source& source,
    const std::vector<std::string>& origins,
    request_gate* requests
) {
    return
        [&source,
         &origins,
         requests](http::request& q, http::access who) -> awaitable<std::optional<http::response>> {
            return decide(source, origins, requests, q, who);
        };
}

std::string shown_token_digest(const http::request& q) {
    const auto shown = find_credential(q);
    return messages::token_digest(shown ? shown->token : std::string());
}

}  // namespace sluice::submission
