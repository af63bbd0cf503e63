// Who calls over HTTP: a bearer token, asked of the identity source. Open routes ask nobody.
#pragma once

#include "identity.hpp"

#include "sluice/http/server.hpp"

namespace sluice::submission {

// `source` is kept by the caller, for as long as the server lives.
http::authenticator authenticate(identity_source& source);

}  // namespace sluice::submission
