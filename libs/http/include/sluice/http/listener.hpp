// How a listener is opened, plain or with TLS; shared by the HTTP and the WebSocket server.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/http/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace sluice::http {

// TLS 1.2 or newer with the configured certificate; errc::invalid when the files do not fit. Null
// when TLS is not configured.
result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const tls_config& config);

// Opens, binds and listens; gives the address with the real port ("127.0.0.1:8080", "[::1]:8080").
result<std::string>
listen_on(boost::asio::ip::tcp::acceptor& acceptor, const std::string& address, std::int64_t port);

}  // namespace sluice::http
