// A body that the handler reads while it comes: whole, cut off, too long, too slow, not wanted.
#include "http_fixture.hpp"

namespace sluice::http {
namespace {

struct request_stream_fixture : http_fixture {
    std::size_t pieces = 0;
    std::size_t largest = 0;
    std::optional<error> failure;

    awaitable<response> count(request q) {
        std::size_t total = 0;
        for (;;) {
            const auto piece = co_await q.body_stream->read();
            if (!piece) {
                failure = piece.error();
                entered.set();
                co_return problem(
                    piece.error() == errc::timeout      ? "request_timeout"
                    : piece.error() == errc::overloaded ? "payload_too_large"
                                                        : "invalid_request",
                    "",
                    q.ctx
                );
            }
            if (piece->empty()) break;
            ++pieces;
            largest = std::max(largest, piece->size());
            total += piece->size();
        }
        co_return json_response(200, std::to_string(total));
    }
    static awaitable<response> refuse_unread(request q) {
        co_return problem("forbidden", "not you", q.ctx);
    }
    void start_streamed() {
        router routes;
        bound_route row =
            make_route(verb::post, "/count", [this](request q) { return count(std::move(q)); });
        row.body_limit = std::size_t{8} << 20;
        row.body = body_form::streamed;
        routes.add(row);
        row.pattern = "/refuse";
        row.handler = refuse_unread;
        routes.add(row);
        routes.add(make_route(verb::get, "/echo", echo));
        the_server = std::make_unique<server>(
            io.get_executor(),
            "test",
            config,
            std::move(routes),
            check_token
        );
        REQUIRE(the_server->listen());
    }
    static std::string head(const std::string& more, const std::string& path = "/count") {
        return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
    }
};

}  // namespace

TEST_CASE_METHOD(
    request_stream_fixture,
    "a streamed body comes in pieces and the connection goes on"
) {
    start_streamed();
    client c = connect();
    const std::string body(300'000, 'x');
    c.send(head("Content-Length: 300000\r\n") + body + "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(answer(c).body == "300000");
    CHECK(pieces > 3);
    CHECK(largest <= 100'000);
    CHECK(answer(c).status() == 200);
}

TEST_CASE_METHOD(request_stream_fixture, "a streamed body may be chunked, and may be empty") {
    start_streamed();
    client c = connect();
    c.send(head("Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    CHECK(answer(c).body == "5");
    c.send(head("Content-Length: 0\r\n"));
    CHECK(answer(c).body == "0");
}

TEST_CASE_METHOD(request_stream_fixture, "a chunked body above the limit ends while it comes") {
    start_streamed();
    client c = connect();
    c.send(head("Transfer-Encoding: chunked\r\n") + "900000\r\n" + std::string(1000, 'x'));
    CHECK(answer(c).status() == 413);
    CHECK(is_closed(c));
    client announced = connect();
    announced.send(head("Content-Length: 9000000\r\n"));
    CHECK(answer(announced).status() == 413);
}

TEST_CASE_METHOD(request_stream_fixture, "malformed chunks are told") {
    start_streamed();
    CHECK(ask(head("Transfer-Encoding: chunked\r\n") + "zz\r\n").status() == 400);
}

TEST_CASE_METHOD(request_stream_fixture, "a streamed body that stops coming is told 408") {
    config.body_timeout = std::chrono::milliseconds(50);
    start_streamed();
    client c = connect();
    c.send(head("Content-Length: 1000\r\n") + "some");
    CHECK(answer(c).status() == 408);
    CHECK(is_closed(c));
}

TEST_CASE_METHOD(request_stream_fixture, "the end of the client reaches the handler") {
    start_streamed();
    client c = connect();
    c.send(head("Content-Length: 1000\r\n") + "some");
    c.reset();
    testing::run_coro(io, [this] { return entered.wait(); });
    REQUIRE(failure);
    CHECK(*failure == errc::cancelled);
}

TEST_CASE_METHOD(request_stream_fixture, "a client that waits to be asked for its body is asked") {
    start_streamed();
    client c = connect();
    c.send(head("Content-Length: 4\r\nExpect: 100-continue\r\n"));
    CHECK(answer(c, false).status() == 100);
    c.send("body");
    CHECK(answer(c).body == "4");
}

TEST_CASE_METHOD(
    request_stream_fixture,
    "a handler that refuses unread ends the connection after its answer"
) {
    start_streamed();
    client c = connect();
    c.send(head("Content-Length: 1000000\r\n", "/refuse") + std::string(200'000, 'x'));
    const auto got = answer(c);
    CHECK(got.status() == 403);
    CHECK(got.header("Connection") == "close");
    // And does not invite what it will not read.
    client patient = connect();
    patient.send(head("Content-Length: 4\r\nExpect: 100-continue\r\n", "/refuse"));
    CHECK(answer(patient).status() == 403);
}

}  // namespace sluice::http
