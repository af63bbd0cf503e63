// A server on a thread-free io_context and a client that speaks raw bytes on the same loop.
#pragma once

#include "sluice/http/problem.hpp"
#include "sluice/http/server.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/testing/run_coro.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <memory>

namespace sluice::http {

using tcp = asio::ip::tcp;
constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

inline tcp::endpoint endpoint_of(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    return {
        asio::ip::make_address(address.substr(0, colon)),
        static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)))};
}

// One answer as text: head up to the empty line, and the body by Content-Length.
struct raw_answer {
    std::string head;
    std::string body;
    int status() const { return head.size() < 12 ? 0 : std::stoi(head.substr(9, 3)); }
    std::string header(const std::string& name) const {
        const std::size_t at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) return {};
        const std::size_t start = at + name.size() + 4;
        return head.substr(start, head.find("\r\n", start) - start);
    }
};

class client {
public:
    client(asio::io_context& io, const std::string& address) : socket_(io) {
        socket_.connect(endpoint_of(address));
    }
    void send(const std::string& text) { asio::write(socket_, asio::buffer(text)); }
    void shutdown_send() { socket_.shutdown(tcp::socket::shutdown_send); }
    void reset() { socket_.close(); }

    // Empty head when the server closed the connection.
    awaitable<raw_answer> answer(bool expects_body = true) {
        raw_answer result;
        auto [failed, size] = co_await asio::async_read_until(
            socket_,
            asio::dynamic_buffer(in_),
            "\r\n\r\n",
            as_tuple
        );
        if (failed) co_return result;
        result.head = in_.substr(0, size);
        in_.erase(0, size);
        const std::string length = result.header("Content-Length");
        const std::size_t wanted = expects_body && !length.empty() ? std::stoul(length) : 0;
        while (in_.size() < wanted) {
            const auto [read_failed, count] = co_await asio::async_read(
                socket_,
                asio::dynamic_buffer(in_),
                asio::transfer_at_least(1),
                as_tuple
            );
            if (read_failed) co_return result;
        }
        result.body = in_.substr(0, wanted);
        in_.erase(0, wanted);
        co_return result;
    }
    // The next bytes as they are; fewer when the connection ends.
    awaitable<std::string> bytes(std::size_t count) {
        while (in_.size() < count) {
            const auto [failed, size] = co_await asio::async_read(
                socket_,
                asio::dynamic_buffer(in_),
                asio::transfer_at_least(1),
                as_tuple
            );
            if (failed) break;
        }
        std::string out = in_.substr(0, count);
        in_.erase(0, out.size());
        co_return out;
    }
    // True when the server ended the connection without a further byte.
    awaitable<bool> is_closed() {
        char byte = 0;
        const auto [failed, size] =
            co_await socket_.async_read_some(asio::buffer(&byte, 1), as_tuple);
        co_return failed&& in_.empty();
    }

private:
    tcp::socket socket_;
    std::string in_;
};

inline bound_route make_route(
    verb method,
    std::string pattern,
    std::function<awaitable<response>(request)> handler,
    std::size_t body_limit = 0,
    access who = access::open
) {
    bound_route row;
    row.method = method;
    row.pattern = std::move(pattern);
    row.handler = std::move(handler);
    row.who = who;
    row.body_limit = body_limit;
    return row;
}

struct http_fixture {
    asio::io_context io;
    runtime::event release{io.get_executor()};
    runtime::event entered{io.get_executor()};
    server_config config;
    std::unique_ptr<server> the_server;

    ~http_fixture() {
        if (the_server) {
            testing::run_coro(io, [this] {
                return the_server->close(std::chrono::milliseconds(0));
            });
        }
    }

    static awaitable<response> echo(request q) {
        co_return json_response(200, q.path + "|" + q.body + "|" + q.client_address);
    }
    static awaitable<response> tear(request) {
        throw std::runtime_error("secret words");
        co_return response{};
    }
    awaitable<response> wait(request) {
        entered.set();
        const auto r = co_await release.wait();
        (void)r;
        co_return json_response(200, "waited");
    }
    static awaitable<std::optional<response>> check_token(request& q, access who) {
        if (who == access::open || q.headers.get("Authorization") == "Bearer good") {
            co_return std::nullopt;
        }
        co_return problem("unauthorized", "", q.ctx);
    }

    void start() {
        router routes;
        routes.add(make_route(verb::get, "/echo", echo));
        routes.add(make_route(verb::get, "/item/{id}", echo));
        routes.add(make_route(verb::post, "/echo", echo, 32));
        routes.add(make_route(verb::post, "/large", echo, 1 << 20));
        routes.add(make_route(verb::get, "/tear", tear));
        routes.add(make_route(verb::get, "/wait", [this](request q) { return wait(std::move(q)); })
        );
        routes.add(make_route(verb::post, "/private", echo, 1 << 20, access::user));
        the_server = std::make_unique<server>(
            io.get_executor(),
            "test",
            config,
            std::move(routes),
            check_token
        );
        const auto listening = the_server->listen();
        REQUIRE(listening);
    }
    client connect() { return client(io, the_server->local_address()); }
    raw_answer answer(client& c, bool expects_body = true) {
        return testing::run_coro(io, [&] { return c.answer(expects_body); });
    }
    bool is_closed(client& c) {
        return testing::run_coro(io, [&] { return c.is_closed(); });
    }
    // One request on a connection of its own.
    raw_answer ask(const std::string& text, bool expects_body = true) {
        client c = connect();
        c.send(text);
        return answer(c, expects_body);
    }
};

}  // namespace sluice::http
