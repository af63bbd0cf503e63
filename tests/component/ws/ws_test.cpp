// The WebSocket server as a client on a socket sees it. The client is Beast's, on the same loop.
#include "sluice/http/problem.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/testing/run_coro.hpp"
#include "sluice/ws/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <catch2/catch.hpp>

using namespace sluice;
using namespace std::chrono_literals;
namespace websocket = boost::beast::websocket;
using tcp = asio::ip::tcp;

namespace {

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

tcp::endpoint endpoint_of(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    return {
        asio::ip::make_address(address.substr(0, colon)),
        static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)))};
}

struct ws_client {
    websocket::stream<tcp::socket, false> stream;
    websocket::response_type handshake_answer;

    explicit ws_client(asio::io_context& io) : stream(io) {}

    awaitable<bool>
    connect(std::string address, std::vector<std::pair<std::string, std::string>> headers) {
        stream.next_layer().connect(endpoint_of(address));
        const auto decorate = [headers](websocket::request_type& q) {
            for (const auto& [name, value] : headers)
                q.set(name, value);
        };
        stream.set_option(websocket::stream_base::decorator(decorate));
        const auto [failed] =
            co_await stream.async_handshake(handshake_answer, "x", "/ws?a=1", as_tuple);
        co_return !failed;
    }
    // The next message, or nothing when the connection ended.
    awaitable<std::optional<std::string>> read() {
        std::string text;
        auto buffer = asio::dynamic_buffer(text);
        const auto [failed, size] = co_await stream.async_read(buffer, as_tuple);
        if (failed) co_return std::nullopt;
        co_return std::move(text);
    }
    // Reads to the end and gives the close code that the server sent.
    awaitable<std::uint16_t> read_close_code() {
        for (;;) {
            const auto message = co_await read();
            if (!message) co_return stream.reason().code;
        }
    }
};

struct ws_fixture {
    asio::io_context io;
    ws::server_config config;
    std::unique_ptr<ws::server> server;
    std::shared_ptr<ws::connection> last;  // the server's side of the newest connection
    http::request last_request;
    runtime::event opened{io.get_executor()};
    runtime::event ended{io.get_executor()};
    std::optional<errc> end_code;
    bool refuses = false;
    bool tears = false;

    ~ws_fixture() {
        last.reset();
        if (server) testing::run_coro(io, [this] { return server->close(0ms); });
    }

    awaitable<ws::accept_decision> decide(http::request& q) {
        ws::accept_decision decision;
        if (refuses) decision.refusal = http::problem("unauthorized", "", q.ctx);
        if (q.headers.contains("Sec-WebSocket-Protocol")) decision.subprotocol = "sluice.v1";
        decision.user_id = "alice";
        co_return decision;
    }
    // Echoes until the end.
    awaitable<void>
    session(std::shared_ptr<ws::connection> connection, http::request q, ws::accept_decision) {
        last = connection;
        last_request = std::move(q);
        opened.set();
        if (tears) throw std::runtime_error("torn");
        for (;;) {
            auto text = co_await connection->receive();
            if (!text) {
                for (const errc code : {errc::cancelled, errc::io, errc::invalid}) {
                    if (text.error() == code) end_code = code;
                }
                break;
            }
            if (*text == "bye") break;
            connection->send("echo " + *text);
        }
        ended.set();
    }
    void start() {
        server = std::make_unique<ws::server>(
            io.get_executor(),
            config,
            [this](http::request& q) { return decide(q); },
            [this](std::shared_ptr<ws::connection> c, http::request q, ws::accept_decision d) {
                return session(std::move(c), std::move(q), std::move(d));
            }
        );
        const auto listening = server->listen();
        REQUIRE(listening);
    }
    bool connect(ws_client& c, std::vector<std::pair<std::string, std::string>> headers = {}) {
        opened.reset();
        const bool is_good =
            testing::run_coro(io, [&] { return c.connect(server->local_address(), headers); });
        if (is_good) wait(opened);
        return is_good;
    }
    void wait(runtime::event& e) {
        const auto r = testing::run_coro(io, [&] { return e.wait(); });
        REQUIRE(r);
    }
    void send(ws_client& c, const std::string& text) { c.stream.write(asio::buffer(text)); }
    std::optional<std::string> read(ws_client& c) {
        return testing::run_coro(io, [&] { return c.read(); });
    }
    int close_code(ws_client& c) {
        return testing::run_coro(io, [&] { return c.read_close_code(); });
    }
    // Everything that comes back on a plain connection.
    std::string ask(const std::string& text) {
        tcp::socket socket(io);
        socket.connect(endpoint_of(server->local_address()));
        asio::write(socket, asio::buffer(text));
        std::string all;
        const auto read_all = [&]() -> awaitable<void> {
            co_await asio::async_read(
                socket,
                asio::dynamic_buffer(all),
                asio::transfer_all(),
                as_tuple
            );
        };
        testing::run_coro(io, [&] { return read_all(); });
        return all;
    }
};

const std::string upgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

}  // namespace

TEST_CASE_METHOD(ws_fixture, "messages go both ways and the request is handed on") {
    start();
    ws_client c(io);
    REQUIRE(connect(c));
    send(c, "one");
    send(c, "two");
    CHECK(read(c) == "echo one");
    CHECK(read(c) == "echo two");
    CHECK(last_request.query.at("a") == "1");
    CHECK(last_request.client_address == "127.0.0.1");
    CHECK(last->client_address() == "127.0.0.1");
    CHECK(last->unsent_bytes() == 0);
    CHECK(server->connection_count() == 1);
}

TEST_CASE_METHOD(ws_fixture, "the handshake echoes subprotocol and correlation id") {
    start();
    ws_client c(io);
    const std::string id = "0190a7c4-1234-4abc-8def-00112233aabb";
    REQUIRE(connect(c, {{"Sec-WebSocket-Protocol", "sluice.v1, token"}, {"X-Correlation-Id", id}}));
    CHECK(c.handshake_answer["Sec-WebSocket-Protocol"] == "sluice.v1");
    CHECK(c.handshake_answer["X-Correlation-Id"] == id);
}

TEST_CASE_METHOD(ws_fixture, "what is no upgrade, or elsewhere, gets a problem document") {
    start();
    CHECK_THAT(
        ask("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n"),
        Catch::StartsWith("HTTP/1.1 426") && Catch::Contains("upgrade_required") &&
            Catch::Contains("Upgrade: websocket")
    );
    CHECK_THAT(
        ask("GET /x HTTP/1.1\r\nHost: x\r\n" + upgrade + "\r\n"),
        Catch::StartsWith("HTTP/1.1 404")
    );
    CHECK_THAT(ask("NONSENSE\r\n\r\n"), Catch::StartsWith("HTTP/1.1 400"));
    CHECK_THAT(
        ask("GET /ws HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"),
        Catch::StartsWith("HTTP/1.1 431")
    );
}

TEST_CASE_METHOD(ws_fixture, "a refusal of the service is given as it is") {
    refuses = true;
    start();
    CHECK_THAT(
        ask("GET /ws HTTP/1.1\r\nHost: x\r\n" + upgrade + "\r\n"),
        Catch::StartsWith("HTTP/1.1 401") && Catch::Contains("unauthorized")
    );
}

TEST_CASE_METHOD(ws_fixture, "only the allowed origins may connect; who is no browser may") {
    config.allowed_origins = {"https://a.example"};
    start();
    ws_client good(io);
    CHECK(connect(good, {{"Origin", "https://a.example"}}));
    ws_client none(io);
    CHECK(connect(none));
    ws_client bad(io);
    CHECK_FALSE(connect(bad, {{"Origin", "https://b.example"}}));
    CHECK(bad.handshake_answer.result_int() == 403);
}

TEST_CASE_METHOD(ws_fixture, "above the bound the handshake gets 503") {
    config.max_connections = 1;
    start();
    ws_client first(io);
    REQUIRE(connect(first));
    ws_client second(io);
    CHECK_FALSE(connect(second));
    CHECK(second.handshake_answer.result_int() == 503);
}

TEST_CASE_METHOD(ws_fixture, "a handshake that does not end in time is dropped") {
    config.handshake_timeout = 20ms;
    start();
    CHECK(ask("GET /ws HTTP/1.1\r\n").empty());
}

TEST_CASE_METHOD(ws_fixture, "a message over the limit closes with 1009") {
    config.frame_limit = 1_KiB;
    start();
    ws_client c(io);
    REQUIRE(connect(c));
    send(c, std::string(1025, 'a'));
    CHECK(close_code(c) == 1009);
}

TEST_CASE_METHOD(ws_fixture, "text that is not UTF-8 closes with 1007") {
    start();
    ws_client c(io);
    REQUIRE(connect(c));
    send(c, "a\xff");
    CHECK(close_code(c) == 1007);
}

TEST_CASE_METHOD(ws_fixture, "a binary message closes with 1003") {
    start();
    ws_client c(io);
    REQUIRE(connect(c));
    c.stream.binary(true);
    send(c, "abc");
    CHECK(close_code(c) == 1003);
    wait(ended);
    CHECK(end_code == errc::invalid);
}

TEST_CASE_METHOD(ws_fixture, "a session that returns closes with 1000 after what it sent") {
    start();
    ws_client c(io);
    REQUIRE(connect(c));
    send(c, "one");
    send(c, "bye");
    CHECK(read(c) == "echo one");
    CHECK(close_code(c) == 1000);
}

TEST_CASE_METHOD(ws_fixture, "an exception in a session closes with 1011 and is logged") {
    std::vector<std::string> lines;
    const observe::log_redirect redirect([&](std::string line) { lines.push_back(std::move(line)); }
    );
    tears = true;
    start();
    ws_client c(io);
    REQUIRE(connect(c));
    CHECK(close_code(c) == 1011);
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], Catch::Contains("torn"));
}

TEST_CASE_METHOD(ws_fixture, "queued messages go out before a close with its reason") {
    start();
    ws_client c(io);
    REQUIRE(connect(c));
    last->send("a");
    last->send("b");
    last->close(ws::close_code::policy, "enough");
    CHECK_FALSE(last->send("late"));
    CHECK(read(c) == "a");
    CHECK(read(c) == "b");
    CHECK(close_code(c) == 1008);
    CHECK(c.stream.reason().reason == "enough");
}

TEST_CASE_METHOD(ws_fixture, "a client that leaves ends the session with cancelled") {
    start();
    ws_client c(io);
    REQUIRE(connect(c));
    const auto leave = [&]() -> awaitable<void> {
        co_await c.stream.async_close(
            websocket::close_reason(websocket::close_code::normal),
            as_tuple
        );
    };
    testing::run_coro(io, [&] { return leave(); });
    wait(ended);
    CHECK(end_code == errc::cancelled);
    last.reset();
    io.poll();
    CHECK(server->connection_count() == 0);
}

TEST_CASE_METHOD(ws_fixture, "a client that does not keep up is closed with 1013 and dropped") {
    config.send_buffer = 64_KiB;
    start();
    ws_client slow(io);
    slow.stream.next_layer().open(tcp::v4());
    slow.stream.next_layer().set_option(tcp::socket::receive_buffer_size(4096));
    REQUIRE(connect(slow));
    // The client reads nothing: the kernel's buffers fill, then ours.
    const std::string piece(8 * 1024, 'x');
    std::size_t most = 0;
    int sent = 0;
    while (sent < 100'000 && last->send(piece)) {
        ++sent;
        most = std::max(most, last->unsent_bytes());
        io.poll();
    }
    REQUIRE(sent < 100'000);
    CHECK(most <= 64 * 1024);
    // It does not read on either: the socket goes all the same.
    wait(ended);
    CHECK(last->unsent_bytes() == 0);
}

TEST_CASE_METHOD(ws_fixture, "a slow client that reads on learns why") {
    config.send_buffer = 64_KiB;
    start();
    ws_client slow(io);
    REQUIRE(connect(slow));
    const std::string piece(8 * 1024, 'x');
    while (last->send(piece))
        io.poll();
    CHECK(close_code(slow) == 1013);
    CHECK(slow.stream.reason().reason.size() > 0);
}

TEST_CASE_METHOD(ws_fixture, "a silent peer is pinged, and dropped when it does not answer") {
    config.ping_interval = 30ms;
    start();
    ws_client c(io);
    REQUIRE(connect(c));
    // Nobody reads on the client's side, so no pong is sent.
    wait(ended);
    CHECK(end_code.has_value());
}

TEST_CASE_METHOD(ws_fixture, "a peer that answers pings stays") {
    config.ping_interval = 20ms;
    start();
    ws_client c(io);
    int pings = 0;
    runtime::event enough(io.get_executor());
    c.stream.control_callback([&](websocket::frame_type kind, boost::beast::string_view) {
        if (kind == websocket::frame_type::ping && ++pings == 5) enough.set();
    });
    REQUIRE(connect(c));
    std::optional<std::string> got;
    const auto reader = [&]() -> awaitable<void> { got = co_await c.read(); };
    asio::co_spawn(io, reader(), [](std::exception_ptr) {});
    wait(enough);
    last->send("still here");
    while (!got)
        io.run_one();
    CHECK(got == "still here");
}

TEST_CASE_METHOD(ws_fixture, "a drain closes every connection with 1001 and refuses new ones") {
    start();
    ws_client c(io);
    REQUIRE(connect(c));
    int code = 0;
    const auto reader = [&]() -> awaitable<void> { code = co_await c.read_close_code(); };
    asio::co_spawn(io, reader(), [](std::exception_ptr) {});
    CHECK(testing::run_coro(io, [this] { return server->close(5s); }) == 0);
    while (code == 0)
        io.run_one();
    CHECK(code == 1001);
    last.reset();
    CHECK(server->connection_count() == 0);
    tcp::socket late(io);
    boost::system::error_code failed;
    late.connect(endpoint_of(server->local_address()), failed);
    CHECK(failed);
}
