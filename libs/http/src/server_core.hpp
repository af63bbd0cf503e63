// What all connections of one server share: routes, policy, metrics. It decides about a request
// whose header is complete and knows nothing of sockets.
#pragma once

#include "sluice/http/answer.hpp"
#include "sluice/http/client_address.hpp"
#include "sluice/http/router.hpp"
#include "sluice/http/server.hpp"
#include "sluice/observe/metrics.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_set>

namespace sluice::http {

// A connection as the server sees it.
class session_base {
public:
    virtual ~session_base() = default;
    // Ends the connection when it only waits for a further request.
    virtual void close_if_idle() = 0;
};

// What follows from a header: a row of the table, or an answer without one.
struct routed {
    const bound_route* route = nullptr;
    std::optional<response> early;
};

class server_core {
public:
    server_core(std::string service, server_config c, router r, authenticator a);

    // `method_text` is what the client wrote; q.method is only good when it is one of ours.
    routed route(request& q, std::string_view method_text) const;
    // Runs authentication; an exception there is a 500 like one in a handler.
    awaitable<std::optional<response>> authenticate(request& q, access who) const;
    awaitable<response> handle(const bound_route& row, request q) const;
    // Headers that every answer carries.
    void complete(response& answer, const observe::context& ctx, std::string_view origin) const;
    void record(
        const bound_route* row,
        std::string_view method_text,
        unsigned status,
        std::chrono::steady_clock::duration took
    );

    server_config config;
    router routes;
    trusted_proxies proxies;
    bool is_draining = false;
    date_cache date;
    std::unordered_set<session_base*> sessions;

private:
    bool is_allowed_origin(std::string_view origin) const;
    response preflight(const request& q, std::string allow) const;

    std::string prefix_;  // of the metrics
    authenticator authenticate_;
    std::map<std::tuple<const bound_route*, std::string, unsigned>, observe::counter> counters_;
    std::map<const bound_route*, observe::histogram> histograms_;
};

}  // namespace sluice::http
