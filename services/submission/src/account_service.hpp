// Everything that accounts need, put together in one place for app.cpp: who may sign in, with
// which tokens, and what is looked after in the background.
#pragma once

#include "accounts/issued_tokens.hpp"
#include "accounts/login.hpp"
#include "accounts/token_keeper.hpp"
#include "adapters/argon2_hasher.hpp"
#include "adapters/postgres_accounts.hpp"
#include "adapters/postgres_owners.hpp"
#include "adapters/postgres_tokens.hpp"
#include "adapters/redis_attempts.hpp"
#include "adapters/redis_shared_tokens.hpp"
#include "config.hpp"

#include "sluice/runtime/gate.hpp"

namespace sluice::submission {

class account_service {
public:
    account_service(
        asio::any_io_executor executor,
        postgres::pool& pool,
        redis::client& redis,
        const clock& time,
        const auth_section& c
    );
    account_ports& ports() { return ports_; }
    submission_owners& owners() { return owners_; }
    password_login& login() { return login_; }
    identity_source& tokens() { return issued_; }
    void spawn(runtime::gate& tasks) { tasks.spawn("token_keeper", keeper_.run()); }
    void stop() { keeper_.stop(); }
    // Tokens of the configuration: connections that were opened with those that are gone end.
    void withdraw(
        runtime::gate& tasks,
        std::vector<std::string> gone,
        const std::vector<std::string>& come
    ) {
        keeper_.withdraw(std::move(gone), come);
        tasks.spawn("withdrawn_tokens", keeper_.tell_withdrawn());
    }

private:
    postgres_accounts accounts_;
    postgres_owners owners_;
    postgres_tokens tokens_;
    redis_shared_tokens shared_tokens_;
    argon2_hasher hasher_;
    redis_attempts attempts_;
    issued_tokens issued_;
    account_ports ports_;
    token_keeper keeper_;
    account_login login_;
};

}  // namespace sluice::submission
