// Accepts WebSocket connections (RFC 6455) on one io_context and hands each to the service. Reads
// are bounded; writes go through one bounded buffer per connection: a client that does not keep up
// is closed with 1013 and never slows another. Beast stays inside the .cpp files.
#pragma once

#include "sluice/core/config.hpp"
#include "sluice/core/error.hpp"
#include "sluice/http/message.hpp"
#include "sluice/http/server.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::ws {

struct server_config {
    std::string address = "127.0.0.1";
    std::int64_t port = 0;
    std::string path = "/ws";
    std::chrono::milliseconds handshake_timeout{10000};
    std::chrono::milliseconds ping_interval{
        20000};                      // a silent peer is pinged, and dropped after the next interval
    byte_size frame_limit = 64_KiB;  // a larger message from a client closes with 1009
    // Unsent bytes per connection before 1013; an empty buffer takes one message of any size.
    byte_size send_buffer = 1_MiB;
    std::int64_t max_connections = 20000;  // above: 503 to the handshake
    std::vector<std::string>
        allowed_origins;  // Origin header; empty: any (development), exact strings otherwise
    std::vector<std::string> trusted_proxies;
    http::tls_config tls;
};
void describe(config_visitor& v, server_config& c);

enum class close_code : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported = 1003,
    invalid_payload = 1007,
    policy = 1008,
    too_big = 1009,
    internal = 1011,
    try_again_later = 1013,
};

// Send side of one connection; valid until its session coroutine returns.
class connection {
public:
    virtual ~connection() = default;
    // The next text message; errc::cancelled / errc::io after the end. A binary message closes with
    // 1003 and fails.
    virtual awaitable<result<std::string>> receive() = 0;
    // Queues a text message without waiting. False when the buffer is full: the connection is then
    // being closed with 1013 and `reason`, and receive() ends.
    virtual bool send(std::string text) = 0;
    // Starts the closing handshake; queued messages go out first.
    virtual void close(close_code code, std::string reason) = 0;
    virtual std::size_t unsent_bytes() const = 0;
    virtual const std::string& client_address() const = 0;
};

// What the upgrade request turned out to be: accepted (with the subprotocol to echo, if any) or
// refused.
struct accept_decision {
    std::optional<http::response> refusal;
    std::string subprotocol;
    std::string user_id;
    std::string token_sha256;  // of what he showed; the service's own affair
};

class server {
public:
    using decide = std::function<awaitable<accept_decision>(http::request&)>;
    // Runs for the connection's life; when it returns, the connection is closed (1000 unless closed
    // before).
    using session =
        std::function<awaitable<void>(std::shared_ptr<connection>, http::request, accept_decision)>;

    server(asio::any_io_executor executor, server_config config, decide on_upgrade, session run);
    ~server();
    result<void> listen();
    std::string local_address() const;
    std::size_t connection_count() const;
    void stop_accepting();
    // Closes every connection with 1001 (clients reconnect elsewhere), waits at most `grace`.
    awaitable<std::size_t> close(std::chrono::milliseconds grace);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sluice::ws
