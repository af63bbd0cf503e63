// Who a caller is, found from the token that he shows: one answer for HTTP and gRPC. What a token
// is (configured, of a session, an API key) is known to the sources behind it alone.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/core/error.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <optional>
#include <string>

namespace sluice::submission {

enum class role { user, admin };

// What a token may be used for. A session may everything that its user may; an API key only what
// it was made for. `account` (passwords, sessions, keys) is never given to a key.
struct scope_set {
    bool read = true;
    bool submit = true;
    bool admin = true;
    bool account = true;

    friend bool operator==(const scope_set&, const scope_set&) = default;
};

struct identity {
    user_id user;
    submission::role role = role::user;
    scope_set scopes = {};
    std::optional<uuid> session = std::nullopt;  // the session whose token was shown
    std::optional<uuid> key = std::nullopt;      // the API key that was shown
};

class identity_source {
public:
    virtual ~identity_source() = default;
    // nullopt: no such token, or it is no longer valid. errc::unavailable: it cannot be told now.
    virtual awaitable<result<std::optional<identity>>> of_token(std::string token) = 0;
};

struct access_token {
    std::string token;
    wall_time expires_at;
    user_id user;
};

// A name (or e-mail address) and a password against a token, for surfaces that have a login of
// their own.
class password_login {
public:
    virtual ~password_login() = default;
    // nullopt: wrong, whether or not there is such an account. errc::overloaded: too many attempts
    // for this account or from this address, or too many at once. errc::unavailable: it cannot be
    // told now.
    virtual awaitable<result<std::optional<access_token>>>
    login(std::string name, std::string password, std::string client_address) = 0;
};

}  // namespace sluice::submission
