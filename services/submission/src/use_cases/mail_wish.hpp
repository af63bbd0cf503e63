// "mail": true of something that is about to be accepted.
#pragma once

#include "../ports.hpp"
#include "../rejection.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::submission {

// The address to tell; nullopt: none is wanted. invalid_field when no mail is sent from here, or
// the account has no address.
awaitable<outcome<std::optional<std::string>>>
mail_wish(observe::context ctx, ports& p, user_id owner, bool is_wanted);

}  // namespace sluice::submission
