// The TLS side of a listener, shared by the HTTP and the WebSocket server.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/http/server.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace sluice::http {

// TLS 1.2 or newer with the configured certificate; errc::invalid when the files do not fit. Null
// when TLS is not configured.
result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const tls_config& config);

}  // namespace sluice::http
