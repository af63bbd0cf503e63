// Who a caller is, found from the token that he shows: one answer for HTTP and gRPC. What a token
// is (configured, of a session, an API key) is known to the sources behind it alone.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <optional>
#include <string>

namespace sluice::submission {

enum class role { user, admin };

struct identity {
    user_id user;
    submission::role role = role::user;
};

class identity_source {
public:
    virtual ~identity_source() = default;
    // nullopt: no such token, or it is no longer valid. errc::unavailable: it cannot be told now.
    virtual awaitable<result<std::optional<identity>>> of_token(std::string token) = 0;
};

}  // namespace sluice::submission
