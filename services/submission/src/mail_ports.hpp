// Who wants mail when something is done, and to which address.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/core/error.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <optional>
#include <string>

namespace sluice::submission {

struct mail_setting {
    bool when_done = false;
    std::string address;  // empty: the account has none
};

class mail_book {
public:
    virtual ~mail_book() = default;
    virtual bool is_on() const = 0;  // mail is sent from here
    // The account's address; nullopt: it has none, or there is no account.
    virtual awaitable<result<std::optional<std::string>>> address_of(user_id user) = 0;
    virtual awaitable<result<mail_setting>> setting(user_id user) = 0;
    virtual awaitable<result<void>>
    set(user_id user, bool when_done, std::string address, wall_time at) = 0;
};

}  // namespace sluice::submission
