// A wrong token and no token get the same answer; the log has neither.
#include "authenticate.hpp"

#include "sluice/http/problem.hpp"

namespace sluice::submission {
namespace {

std::optional<http::response>
decide(const http::bearer_tokens& tokens, http::request& request, http::access who) {
    if (who == http::access::open) return std::nullopt;
    const auto token = http::parse_bearer(request.headers.get("Authorization"));
    auto user = token ? tokens.user_of(*token) : std::nullopt;
    if (!user) {
        auto no = http::problem(
            "unauthorized",
            "send Authorization: Bearer <token> with a token that is known here",
            request.ctx
        );
        no.headers.set("WWW-Authenticate", "Bearer");
        return no;
    }
    if (who == http::access::admin) {
        return http::problem("forbidden", "this is for administrators", request.ctx);
    }
    request.user_id = std::move(*user);
    return std::nullopt;
}

}  // namespace

http::authenticator authenticate(http::bearer_tokens tokens) {
    auto shared = std::make_shared<const http::bearer_tokens>(std::move(tokens));
    return
        [shared](
            http::request& request,
            http::access who
        ) -> awaitable<std::optional<http::response>> { co_return decide(*shared, request, who); };
}

}  // namespace sluice::submission
