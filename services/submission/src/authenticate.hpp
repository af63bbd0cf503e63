// Who calls over HTTP: a bearer token, or the cookie of a browser, asked of the identity source.
// Open routes ask nobody.
#pragma once

#include "identity.hpp"
#include "quotas/request_gate.hpp"

#include "sluice/http/server.hpp"
#include "sluice/messages/tokens.hpp"

namespace sluice::submission {

using messages::session_cookie;

// Both are kept by the caller, for as long as the server lives. `origins`: pages of other sites
// whose writes with a cookie are believed; they may change meanwhile.
// `requests` counts them, but not those of administrators' routes: who set a limit too low must be
// able to raise it. Null: nobody counts.
http::authenticator authenticate(
    identity_source& source,
    const std::vector<std::string>& origins,
    request_gate* requests = nullptr
);

// Of the token that the authenticator looked at: what is known of it elsewhere is known by this.
std::string shown_token_digest(const http::request& q);

}  // namespace sluice::submission
