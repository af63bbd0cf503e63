// A wrong token and no token get the same answer; the log has neither.
#include "authenticate.hpp"

#include "sluice/http/bearer.hpp"
#include "sluice/http/problem.hpp"

namespace sluice::submission {
namespace {

constexpr int retry_after_seconds = 2;

http::response unauthorized(const http::request& q) {
    auto no = http::problem(
        "unauthorized",
        "send Authorization: Bearer <token> with a token that is known here",
        q.ctx
    );
    no.headers.set("WWW-Authenticate", "Bearer");
    return no;
}

// nullopt: he may, and the request says who he is.
awaitable<std::optional<http::response>>
decide(identity_source& source, http::request& q, http::access who) {
    if (who == http::access::open) co_return std::nullopt;
    const auto token = http::parse_bearer(q.headers.get("Authorization"));
    if (!token) co_return unauthorized(q);
    auto found = co_await source.of_token(std::string(*token));
    if (!found) {
        co_return http::problem(
            "storage_unavailable",
            "callers cannot be told apart just now",
            q.ctx,
            {},
            retry_after_seconds
        );
    }
    if (!*found) co_return unauthorized(q);
    if (who == http::access::admin && (*found)->role != role::admin) {
        co_return http::problem("forbidden", "this is for administrators", q.ctx);
    }
    q.user_id = std::move((*found)->user);
    co_return std::nullopt;
}

}  // namespace

http::authenticator authenticate(identity_source& source) {
    return
        [&source](http::request& q, http::access who) -> awaitable<std::optional<http::response>> {
            return decide(source, q, who);
        };
}

}  // namespace sluice::submission
