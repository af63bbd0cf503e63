// The listener: configuration, accepting, and the two steps of an end (stop accepting, then close).
#include "sluice/http/server.hpp"

#include "server_core.hpp"
#include "session.hpp"

#include "sluice/http/listener.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sluice::http {
namespace {

using tcp = asio::ip::tcp;

// Accepting fails at once and again while descriptors are short; a pause keeps the loop from
// spinning.
constexpr std::chrono::milliseconds accept_pause{50};

void log_exception(const std::string& name, std::exception_ptr thrown) {
    const observe::context nobody;
    observe::error(
        nobody,
        "http_connection_failed",
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
    v.live().field(
        "header_timeout",
        c.header_timeout,
        "longest time from a request's first byte to the end of its header"
    );
    v.live().field("body_timeout", c.body_timeout, "longest time for a body to arrive");
    v.live().field("write_timeout", c.write_timeout, "longest time for an answer to be taken");
    v.live().field("idle_timeout", c.idle_timeout, "how long an unused connection is kept");
    v.field("header_limit", c.header_limit, "largest header");
    v.live().field(
        "max_connections",
        c.max_connections,
        "connections at a time",
        {.minimum = 1, .maximum = 1'000'000}
    );
    v.field(
        "trusted_proxies",
        c.trusted_proxies,
        "addresses or CIDR blocks whose X-Forwarded-For is believed"
    );
    v.live().field("cors_origins", c.cors_origins, "origins that browsers may call from, or *");
    v.section("tls", c.tls, "TLS on this listener");
}

struct server::impl {
    impl(
        asio::any_io_executor ex,
        std::string service,
        server_config c,
        router routes,
        authenticator auth
    )
        : executor(std::move(ex))
        , core(std::move(service), std::move(c), std::move(routes), std::move(auth))
        , acceptor(executor)
        , sessions(executor, log_exception) {}

    awaitable<void> accept() {
        for (;;) {
            auto [failed, socket] =
                co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
            if (!acceptor.is_open() || failed == asio::error::operation_aborted) co_return;
            if (failed) {
                const observe::context nobody;
                observe::warn(nobody, "http_accept_failed", {{"error", failed.message()}});
                asio::steady_timer pause(executor, accept_pause);
                co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
                continue;
            }
            if (core.sessions.size() >= static_cast<std::size_t>(core.config.max_connections)) {
                refuse_connection(std::move(socket));
                continue;
            }
            sessions.spawn("http", run_session(core, tls.get(), std::move(socket)));
        }
    }

    asio::any_io_executor executor;
    server_core core;
    std::shared_ptr<asio::ssl::context> tls;
    tcp::acceptor acceptor;
    runtime::gate sessions;
    std::string address;
};

server::server(
    asio::any_io_executor executor,
    std::string service,
    server_config config,
    router routes,
    authenticator auth
)
    : impl_(std::make_unique<impl>(
          std::move(executor),
          std::move(service),
          std::move(config),
          std::move(routes),
          std::move(auth)
      )) {}

server::~server() = default;

result<void> server::listen() {
    const server_config& c = impl_->core.config;
    auto proxies = trusted_proxies::parse(c.trusted_proxies);
    if (!proxies) return std::move(proxies).error();
    impl_->core.proxies = std::move(*proxies);
    auto tls = make_tls_context(c.tls);
    if (!tls) return std::move(tls).error();
    impl_->tls = std::move(*tls);

    auto address = listen_on(impl_->acceptor, c.address, c.port);
    if (!address) return std::move(address).error();
    impl_->address = std::move(*address);
    impl_->sessions.spawn("http accept", impl_->accept());
    return {};
}

void server::change(const server_config& c) {
    server_config& mine = impl_->core.config;
    mine.header_timeout = c.header_timeout;
    mine.body_timeout = c.body_timeout;
    mine.write_timeout = c.write_timeout;
    mine.idle_timeout = c.idle_timeout;
    mine.max_connections = c.max_connections;
    mine.cors_origins = c.cors_origins;
}

std::string server::local_address() const {
    return impl_->address;
}

void server::stop_accepting() {
    impl_->core.is_draining = true;
    boost::system::error_code none;
    impl_->acceptor.close(none);
    for (session_base* session : impl_->core.sessions)
        session->close_if_idle();
}

awaitable<std::size_t> server::close(std::chrono::milliseconds grace) {
    stop_accepting();
    const std::size_t cut = co_await impl_->sessions.close(grace);
    co_return cut;
}

}  // namespace sluice::http
