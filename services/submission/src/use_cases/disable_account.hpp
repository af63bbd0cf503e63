// What an administrator does about an account that must not be used for now: it is disabled, and
// let in again. Nothing of it is deleted, and what runs goes on.
#pragma once

#include "sign_in.hpp"

namespace sluice::submission {

struct account_standing {
    account who;
    std::optional<wall_time> disabled_at;
};

rejection unknown_account();

// `user`: an id, a name or an e-mail address; not_found when there is no such account.
awaitable<outcome<account_standing>>
read_standing(observe::context ctx, account_ports& p, std::string user);

struct standing_command {
    user_id administrator;
    std::string user;
    bool is_disabled = false;
};
// From its answer on no token of a disabled account is good here, and within two seconds nowhere;
// the connections that they opened are closed. conflict: one's own account.
awaitable<outcome<account_standing>>
change_standing(observe::context ctx, account_ports& p, standing_command c);

}  // namespace sluice::submission
