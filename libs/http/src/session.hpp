// One connection, from accept to close.
#pragma once

#include "server_core.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

namespace sluice::http {

// `core` and `tls` outlive the coroutine; `tls` is null for a plain connection.
awaitable<void>
run_session(server_core& core, asio::ssl::context* tls, asio::ip::tcp::socket socket);

// For a connection above the bound: one small answer without waiting, then the end.
void refuse_connection(asio::ip::tcp::socket socket);

}  // namespace sluice::http
