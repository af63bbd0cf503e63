// The listener of WebSocket connections, and the two steps of its end.
#include "sluice/ws/server.hpp"

#include "server_core.hpp"

#include "sluice/http/listener.hpp"
#include "sluice/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sluice::ws {
namespace {

using tcp = asio::ip::tcp;

// Accepting fails at once and again while descriptors are short; a pause keeps the loop from
// spinning.
constexpr std::chrono::milliseconds accept_pause{50};
// Closing a connection is bounded by itself (connection.hpp); this is a little more than that.
constexpr std::chrono::seconds writer_grace{3};

void log_exception(const std::string& name, std::exception_ptr thrown) {
    const observe::context nobody;
    observe::error(
        nobody,
        "ws_connection_failed",
        {{"name", name}, {"error", sluice::describe(thrown)}}
    );
}

}  // namespace

void describe(config_visitor& v, server_config& c) {
    v.field("address", c.address, "address to listen on");
    v.field(
        "port",
        c.port,
        "port to listen on; 0 takes any free one",
        {.minimum = 0, .maximum = 65535}
    );
    v.field("path", c.path, "path of the WebSocket");
    v.field(
        "handshake_timeout",
        c.handshake_timeout,
        "longest time from connecting to the end of the handshake"
    );
    v.field(
        "ping_interval",
        c.ping_interval,
        "a peer silent this long is pinged, and dropped after as long again"
    );
    v.field("frame_limit", c.frame_limit, "largest message from a client");
    v.field(
        "send_buffer",
        c.send_buffer,
        "unsent bytes of one connection before it is closed with 1013"
    );
    v.field(
        "max_connections",
        c.max_connections,
        "connections at a time",
        {.minimum = 1, .maximum = 1'000'000}
    );
    v.field(
        "allowed_origins",
        c.allowed_origins,
        "origins that browsers may connect from; empty: any"
    );
    v.field(
        "trusted_proxies",
        c.trusted_proxies,
        "addresses or CIDR blocks whose X-Forwarded-For is believed"
    );
    v.section("tls", c.tls, "TLS on this listener");
}

server_core::server_core(
    asio::any_io_executor executor,
    server_config c,
    server::decide d,
    server::session s
)
    : config(std::move(c))
    , decide(std::move(d))
    , run(std::move(s))
    , sessions(executor, log_exception)
    , writers(executor, log_exception) {}

struct server::impl {
    impl(asio::any_io_executor ex, server_config c, decide d, session s)
        : executor(std::move(ex))
        , core(executor, std::move(c), std::move(d), std::move(s))
        , acceptor(executor) {}

    awaitable<void> accept() {
        for (;;) {
            auto [failed, socket] =
                co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
            if (!acceptor.is_open() || failed == asio::error::operation_aborted) co_return;
            if (failed) {
                const observe::context nobody;
                observe::warn(nobody, "ws_accept_failed", {{"error", failed.message()}});
                asio::steady_timer pause(executor, accept_pause);
                co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
                continue;
            }
            core.sessions.spawn("ws", serve(core, tls.get(), std::move(socket)));
        }
    }

    asio::any_io_executor executor;
    std::shared_ptr<asio::ssl::context> tls;  // outlives the connections in core
    server_core core;
    tcp::acceptor acceptor;
    std::string address;
};

server::server(asio::any_io_executor executor, server_config config, decide on_upgrade, session run)
    : impl_(std::make_unique<impl>(
          std::move(executor),
          std::move(config),
          std::move(on_upgrade),
          std::move(run)
      )) {}

server::~server() = default;

result<void> server::listen() {
    const server_config& c = impl_->core.config;
    auto proxies = http::trusted_proxies::parse(c.trusted_proxies);
    if (!proxies) return std::move(proxies).error();
    impl_->core.proxies = std::move(*proxies);
    auto tls = http::make_tls_context(c.tls);
    if (!tls) return std::move(tls).error();
    impl_->tls = std::move(*tls);

    auto address = http::listen_on(impl_->acceptor, c.address, c.port);
    if (!address) return std::move(address).error();
    impl_->address = std::move(*address);
    impl_->core.sessions.spawn("ws accept", impl_->accept());
    return {};
}

std::string server::local_address() const {
    return impl_->address;
}

std::size_t server::connection_count() const {
    return impl_->core.connections.size();
}

void server::stop_accepting() {
    impl_->core.is_draining = true;
    boost::system::error_code none;
    impl_->acceptor.close(none);
}

awaitable<std::size_t> server::close(std::chrono::milliseconds grace) {
    stop_accepting();
    // A copy: closing may end a connection, which then leaves the set.
    const std::vector<connection*> open(
        impl_->core.connections.begin(),
        impl_->core.connections.end()
    );
    for (connection* one : open)
        one->close(close_code::going_away, "the server is shutting down");
    const std::size_t cut = co_await impl_->core.sessions.close(grace);
    const auto writer_limit = std::min<std::chrono::milliseconds>(grace, writer_grace);
    co_await impl_->core.writers.close(writer_limit);
    co_return cut;
}

}  // namespace sluice::ws
