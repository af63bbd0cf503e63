// A name and a password against a session. Whether the account exists, is disabled, or the password
// is wrong cannot be told apart, neither by the answer nor by the time that it takes.
#pragma once

#include "../accounts/ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

struct sign_in_command {
    std::string login;  // name or e-mail address
    std::string password;
    std::string client_address;
    std::string client_name;  // User-Agent, shown in the list of sessions
};

struct signed_in {
    account who;
    std::string token;
    uuid session;
    wall_time expires_at;
};

awaitable<outcome<signed_in>> sign_in(observe::context ctx, account_ports& p, sign_in_command c);

// A session for a user whose password was checked already, or just set.
awaitable<outcome<signed_in>> open_session(
    observe::context ctx,
    account_ports& p,
    account who,
    std::string client_address,
    std::string client_name
);

// Removes these tokens everywhere. How many there were.
awaitable<outcome<std::size_t>>
revoke_tokens(observe::context ctx, account_ports& p, token_choice which);

// What every use case here says when a server is away or too much is asked at once.
rejection accounts_unavailable(const observe::context& ctx, const char* event, const error& e);
rejection too_many_hashes();
rejection too_many_attempts(const attempt_verdict& verdict);
rejection wrong_credentials();

}  // namespace sluice::submission
