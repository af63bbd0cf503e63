// What people do with their accounts: make one, change the password, look after sessions and keys.
#pragma once

#include "sign_in.hpp"

namespace sluice::submission {

struct register_command {
    std::string name;   // empty: none
    std::string email;  // empty: none; one of the two is needed
    std::string password;
    submission::role role = role::user;
    std::string client_address;
};
awaitable<outcome<account>>
register_account(observe::context ctx, account_ports& p, register_command c);

struct change_password_command {
    user_id user;
    std::optional<uuid> session;  // stays; all others end
    std::string current_password;
    std::string new_password;
    std::string client_address;
};
// How many sessions ended.
awaitable<outcome<std::size_t>>
change_password(observe::context ctx, account_ports& p, change_password_command c);

// The account behind a user id; nullopt for the users of configured tokens.
awaitable<outcome<std::optional<account>>>
read_account(observe::context ctx, account_ports& p, user_id user);

awaitable<outcome<std::vector<listed_token>>>
list_tokens(observe::context ctx, account_ports& p, user_id user, token_kind kind);

// One of them; not_found when the user has none of this id.
awaitable<outcome<void>>
revoke_one(observe::context ctx, account_ports& p, user_id user, token_kind kind, uuid id);

struct create_key_command {
    user_id user;
    bool is_admin = false;
    std::string name;
    scope_set scopes;
    std::optional<wall_time> expires_at;
};
struct created_key {
    listed_token key;
    std::string token;  // shown once
};
awaitable<outcome<created_key>>
create_key(observe::context ctx, account_ports& p, create_key_command c);

}  // namespace sluice::submission
