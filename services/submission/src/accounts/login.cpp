// Rejections back into errors: what such a surface says of them is its own affair.
#include "login.hpp"

#include "../use_cases/sign_in.hpp"

namespace sluice::submission {

awaitable<result<std::optional<access_token>>>
account_login::login(std::string name, std::string password, std::string client_address) {
    sign_in_command c;
    c.login = std::move(name);
    c.password = std::move(password);
    c.client_address = std::move(client_address);
    observe::context ctx;
    auto done = co_await sign_in(ctx, p_, std::move(c));
    std::optional<access_token> out;
    if (done) {
        out.emplace();
        out->token = std::move(done->token);
        out->expires_at = done->expires_at;
        out->user = std::move(done->who.id);
        co_return out;
    }
    const rejection& no = done.error();
    if (no.code == "wrong_credentials") co_return out;
    const bool is_too_much = no.code == "too_many_requests" || no.code == "overloaded";
    co_return fail(is_too_much ? errc::overloaded : errc::unavailable, no.detail);
}

}  // namespace sluice::submission
