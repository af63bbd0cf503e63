// An HTTP/1.1 server on one io_context: keep-alive, pipelining (answers in order), a deadline on
// every read and write, bounded header and body (431, 413, 408), correlation id and traceparent on
// every request, CORS, TLS when configured, X-Forwarded-For only from trusted proxies, request
// metrics by route pattern.
#pragma once

#include "sluice/core/config.hpp"
#include "sluice/core/error.hpp"
#include "sluice/http/router.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sluice::http {

struct tls_config {
    std::string certificate_file;  // PEM; empty: plain HTTP (behind a terminator)
    std::string private_key_file;
    bool is_enabled() const { return !certificate_file.empty(); }
};
void describe(config_visitor& v, tls_config& c);

struct server_config {
    std::string address = "127.0.0.1";
    std::int64_t port = 0;                            // 0: any free port (see ready line)
    std::chrono::milliseconds header_timeout{10000};  // first byte to end of header (408)
    std::chrono::milliseconds body_timeout{30000};
    std::chrono::milliseconds write_timeout{30000};
    std::chrono::milliseconds idle_timeout{60000};  // keep-alive
    byte_size header_limit = 16_KiB;                // 431 above
    std::int64_t max_connections = 10000;           // above: accept, answer 503, close
    std::vector<std::string> trusted_proxies;       // addresses or CIDR blocks
    std::vector<std::string> cors_origins;          // exact origins, or "*"; empty: no CORS headers
    tls_config tls;
};
void describe(config_visitor& v, server_config& c);

// Decides who calls: fills request.user_id or returns a ready 401/403 answer. Called before the
// body is read.
using authenticator = std::function<awaitable<std::optional<response>>(request&, access)>;

class server {
public:
    // `service` is the metrics prefix: sluice_<service>_http_requests_total{route,method,status}
    // and sluice_<service>_http_request_seconds{route}.
    server(
        asio::any_io_executor executor,
        std::string service,
        server_config config,
        router routes,
        authenticator auth
    );
    ~server();

    result<void> listen();              // errc::io with the reason (port in use, bad certificate)
    std::string local_address() const;  // "127.0.0.1:8080"
    // The time limits, the bound on connections and the CORS origins of `c`, from now on.
    void change(const server_config& c);
    void stop_accepting(
    );  // idle connections close; running requests go on; answers say Connection: close
    awaitable<std::size_t> close(std::chrono::milliseconds grace
    );  // how many requests had to be cut

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sluice::http
