// What all connections of one WebSocket server share.
#pragma once

#include "sluice/http/client_address.hpp"
#include "sluice/runtime/gate.hpp"
#include "sluice/ws/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <unordered_set>

namespace sluice::ws {

struct server_core {
    server_core(
        asio::any_io_executor executor,
        server_config c,
        server::decide d,
        server::session s
    );

    server_config config;
    server::decide decide;
    server::session run;
    http::trusted_proxies proxies;
    bool is_draining = false;
    std::unordered_set<connection*> connections;  // those that are open
    runtime::gate sessions;                       // a handshake and the session behind it
    runtime::gate writers;  // at most one for each connection, only while it has something to send
};

// One TCP connection, from the handshake to the end of its session. `core` and `tls` outlive it.
awaitable<void> serve(server_core& core, asio::ssl::context* tls, asio::ip::tcp::socket socket);

}  // namespace sluice::ws
