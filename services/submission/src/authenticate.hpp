// Who calls: bearer tokens from the configuration, until accounts come. Open routes ask nobody.
#pragma once

#include "sluice/http/bearer.hpp"
#include "sluice/http/server.hpp"

namespace sluice::submission {

http::authenticator authenticate(http::bearer_tokens tokens);

}  // namespace sluice::submission
