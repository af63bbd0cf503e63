// Who asks for a connection: a bearer token in the Authorization header or as a subprotocol, a
// single-use ticket in the query, or the cookie of a session. A token never stands in a URL. Tokens
// are those of the configuration, sessions and API keys.
#pragma once

#include "ports.hpp"

#include "sluice/http/bearer.hpp"
#include "sluice/ws/server.hpp"

namespace sluice::websocket {

struct credentials {
    enum class kind { none, token, ticket };
    kind what = kind::none;
    std::string value;
    std::string subprotocol;  // to be echoed
};
// Pure: where the credentials of a request are.
credentials find_credentials(const http::request& q);

// 401 without valid ones; 503 while Redis is away (nothing could be redeemed or registered).
awaitable<ws::accept_decision>
authenticate(const http::bearer_tokens& tokens, ticket_office& tickets, http::request& q);

}  // namespace sluice::websocket
