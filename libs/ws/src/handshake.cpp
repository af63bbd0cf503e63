// The opening handshake: read one HTTP request within its time, decide, and answer it either with a
// problem document or with 101. What the handshake needed is gone when the session runs.
#include "connection.hpp"

#include "sluice/http/answer.hpp"
#include "sluice/http/problem.hpp"
#include "sluice/http/router.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <algorithm>

namespace sluice::ws {
namespace {

namespace beast_http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;
using tls_stream = asio::ssl::stream<tcp::socket>;
using upgrade_request = beast_http::request<beast_http::empty_body>;

constexpr std::uint32_t header_bytes = 16 * 1024;

std::string address_of(const tcp::socket& socket) {
    boost::system::error_code none;
    const auto endpoint = socket.remote_endpoint(none);
    return none ? std::string() : endpoint.address().to_string();
}

http::request to_request(const upgrade_request& raw) {
    http::request q;
    q.target.assign(raw.target().data(), raw.target().size());
    for (const auto& field : raw) {
        q.headers.add(
            std::string(field.name_string().data(), field.name_string().size()),
            std::string(field.value().data(), field.value().size())
        );
    }
    return q;
}

template <class Stream>
struct accepted {
    std::shared_ptr<open_connection<Stream>> connection;
    http::request request;
    accept_decision decision;
};

template <class Stream>
class handshake : public std::enable_shared_from_this<handshake<Stream>> {
public:
    handshake(server_core& core, Stream stream)
        : core_(core), stream_(std::move(stream)), limit_(stream_.get_executor()) {
        boost::system::error_code none;
        boost::beast::get_lowest_layer(stream_).set_option(tcp::no_delay(true), none);
    }

    // Nothing when the connection was refused or failed; it is then already closed.
    awaitable<std::unique_ptr<accepted<Stream>>> run() {
        start_clock();
        if constexpr (std::is_same_v<Stream, tls_stream>) {
            const auto [failed] =
                co_await stream_.async_handshake(asio::ssl::stream_base::server, as_tuple);
            if (failed) co_return nullptr;
        }
        auto parser = std::make_unique<beast_http::request_parser<beast_http::empty_body>>();
        parser->header_limit(header_bytes);
        boost::beast::flat_buffer buffer(header_bytes + 4096);
        const auto [failed, size] =
            co_await beast_http::async_read_header(stream_, buffer, *parser, as_tuple);
        if (failed) {
            co_await refuse_unread(failed);
            co_return nullptr;
        }
        upgrade_request raw = parser->release();
        parser.reset();
        http::request q = to_request(raw);
        http::identify(q, core_.proxies, address_of(boost::beast::get_lowest_layer(stream_)));

        auto refusal = check(raw, q, buffer.size());
        accept_decision decision;
        if (!refusal) {
            decision = co_await decide(q);
            refusal = std::move(decision.refusal);
        }
        if (refusal) {
            co_await answer(std::move(*refusal), q.ctx);
            co_return nullptr;
        }
        co_return co_await accept(std::move(raw), std::move(q), std::move(decision));
    }

private:
    void start_clock() {
        // One clock for the whole handshake; a socket that is closed ends whatever step is under
        // way.
        limit_.expires_after(core_.config.handshake_timeout);
        limit_.async_wait([weak = this->weak_from_this()](boost::system::error_code cancelled) {
            const auto self = weak.lock();
            if (cancelled || !self || self->socket_ == nullptr) return;
            boost::system::error_code none;
            self->socket_->close(none);
        });
        socket_ = &boost::beast::get_lowest_layer(stream_);
    }

    std::optional<http::response>
    check(const upgrade_request& raw, http::request& q, std::size_t early_bytes) const {
        const auto origin = q.headers.get("Origin");
        const auto& origins = core_.config.allowed_origins;
        if (!http::parse_target(q.target, q.path, q.query)) {
            return http::problem("invalid_request", "the request target is malformed", q.ctx);
        }
        if (q.path != core_.config.path) {
            return http::problem("not_found", "WebSocket is at " + core_.config.path, q.ctx);
        }
        if (!websocket::is_upgrade(raw)) {
            auto no = http::problem("upgrade_required", "connect with a WebSocket client", q.ctx);
            no.headers.add("Upgrade", "websocket");
            no.headers.add("Connection", "Upgrade");
            return no;
        }
        if (early_bytes > 0) {
            return http::problem("invalid_request", "frames before the handshake", q.ctx);
        }
        if (!origins.empty() && !origin.empty() &&
            std::find(origins.begin(), origins.end(), origin) == origins.end()) {
            return http::problem("forbidden", "this origin may not connect", q.ctx);
        }
        if (core_.is_draining) {
            return http::problem("shutting_down", "reconnect to another node", q.ctx, {}, 1);
        }
        if (core_.connections.size() >= static_cast<std::size_t>(core_.config.max_connections)) {
            return http::problem("overloaded", "too many connections", q.ctx, {}, 1);
        }
        return std::nullopt;
    }

    awaitable<accept_decision> decide(http::request& q) {
        std::exception_ptr thrown;
        try {
            co_return co_await core_.decide(q);
        } catch (...) {
            thrown = std::current_exception();
        }
        observe::error(q.ctx, "ws_decide_failed", {{"error", sluice::describe(thrown)}});
        accept_decision no;
        no.refusal = http::problem("internal", "", q.ctx);
        co_return no;
    }

    awaitable<std::unique_ptr<accepted<Stream>>>
    accept(upgrade_request raw, http::request q, accept_decision decision) {
        auto connection =
            std::make_shared<open_connection<Stream>>(core_, q.client_address, std::move(stream_));
        socket_ = &boost::beast::get_lowest_layer(connection->stream());
        auto decorate = [id = q.ctx.correlation_id,
                         protocol = decision.subprotocol](websocket::response_type& answer) {
            answer.set("X-Correlation-Id", id);
            if (!protocol.empty()) answer.set(beast_http::field::sec_websocket_protocol, protocol);
        };
        connection->stream().set_option(websocket::stream_base::decorator(decorate));
        const auto [failed] = co_await connection->stream().async_accept(raw, as_tuple);
        socket_ = nullptr;
        limit_.cancel();
        if (failed) co_return nullptr;
        connection->set_options();
        auto result = std::make_unique<accepted<Stream>>();
        result->connection = std::move(connection);
        result->request = std::move(q);
        result->decision = std::move(decision);
        co_return std::move(result);
    }

    // The header did not come, or not in a form that can be answered to properly.
    awaitable<void> refuse_unread(boost::system::error_code why) {
        const bool is_ours =
            why.category() == make_error_code(beast_http::error::bad_method).category();
        if (!is_ours || why == beast_http::error::end_of_stream ||
            why == beast_http::error::partial_message) {
            co_return;
        }
        http::request q;
        http::identify(q, core_.proxies, {});
        const bool is_large =
            why == beast_http::error::header_limit || why == beast_http::error::buffer_overflow;
        auto no = http::problem(is_large ? "header_too_large" : "invalid_request", "", q.ctx);
        co_await answer(std::move(no), q.ctx);
    }

    awaitable<void> answer(http::response no, observe::context ctx) {
        no.headers.set("X-Correlation-Id", ctx.correlation_id);
        http::answer_form form;
        form.keep_alive = no.headers.contains("Connection");  // said already
        http::date_cache date;
        std::string out;
        http::append_head(out, no, form, date.now());
        out += no.body;
        const auto [failed, size] =
            co_await asio::async_write(stream_, asio::buffer(out), as_tuple);
        (void)failed;  // the connection ends either way

        boost::system::error_code none;
        boost::beast::get_lowest_layer(stream_).shutdown(tcp::socket::shutdown_both, none);
        socket_ = nullptr;
    }

    server_core& core_;
    Stream stream_;
    asio::steady_timer limit_;
    tcp::socket* socket_ = nullptr;  // what the clock closes
};

template <class Stream>
awaitable<std::unique_ptr<accepted<Stream>>> shake_hands(server_core& core, Stream stream) {
    // Shared: the clock's handler may still be on its way when the handshake is over.
    const auto one = std::make_shared<handshake<Stream>>(core, std::move(stream));
    co_return co_await one->run();
}

template <class Stream>
awaitable<void> serve_stream(server_core& core, Stream stream) {
    auto opened = co_await shake_hands<Stream>(core, std::move(stream));
    if (!opened) co_return;
    const std::shared_ptr<open_connection<Stream>> connection = std::move(opened->connection);
    if (core.is_draining) connection->close(close_code::going_away, "the server is shutting down");
    // What the handshake left goes to the session and is freed here: this frame lives as long as
    // the connection, and idle connections are what there are many of.
    auto life = core.run(connection, std::move(opened->request), std::move(opened->decision));
    opened.reset();
    std::exception_ptr thrown;
    try {
        co_await std::move(life);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) {
        connection->close(close_code::internal, "internal error");
        std::rethrow_exception(thrown);  // the gate logs it, unless it was cancelled
    }
    connection->close(close_code::normal, "");
}

}  // namespace

awaitable<void> serve(server_core& core, asio::ssl::context* tls, tcp::socket socket) {
    if (tls == nullptr) return serve_stream<tcp::socket>(core, std::move(socket));
    return serve_stream<tls_stream>(core, tls_stream(std::move(socket), *tls));
}

}  // namespace sluice::ws
