// The HTTP server as a client on a socket sees it.
#include "http_fixture.hpp"

#include "sluice/observe/log.hpp"
#include "sluice/observe/metrics.hpp"

#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::http;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

std::string get(const std::string& target, const std::string& more = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}
std::string post(const std::string& target, const std::string& body, const std::string& more = "") {
    return "POST " + target +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           more + "\r\n" + body;
}
std::string code_of(const raw_answer& answer) {
    const auto body = nlohmann::json::parse(answer.body, nullptr, false);
    return body.is_object() ? body.value("code", "") : "";
}

}  // namespace

TEST_CASE_METHOD(http_fixture, "an answer carries date, length and a fresh correlation id") {
    start();
    const raw_answer a = ask(get("/echo"));
    CHECK(a.status() == 200);
    CHECK(a.body == "/echo||127.0.0.1");
    CHECK_THAT(a.header("Date"), Catch::EndsWith(" GMT"));
    CHECK(a.header("X-Correlation-Id").size() == 36);
    CHECK(a.header("Connection").empty());
}

TEST_CASE_METHOD(http_fixture, "a valid correlation id is echoed, another replaced") {
    start();
    const std::string id = "0190a7c4-1234-4abc-8def-00112233aabb";
    CHECK(ask(get("/echo", "X-Correlation-Id: " + id + "\r\n")).header("X-Correlation-Id") == id);
    const raw_answer other = ask(get("/echo", "X-Correlation-Id: abc\r\n"));
    CHECK(other.header("X-Correlation-Id") != "abc");
}

TEST_CASE_METHOD(http_fixture, "several requests use one connection") {
    start();
    client c = connect();
    for (int i = 0; i < 3; ++i) {
        c.send(post("/echo", std::to_string(i)));
        CHECK(answer(c).body == "/echo|" + std::to_string(i) + "|127.0.0.1");
    }
}

TEST_CASE_METHOD(http_fixture, "pipelined requests are answered in their order") {
    start();
    client c = connect();
    std::string all;
    for (int i = 0; i < 50; ++i)
        all += get("/item/" + std::to_string(i));
    c.send(get("/wait") + all);
    testing::run_coro(io, [this] { return entered.wait(); });
    release.set();
    CHECK(answer(c).body == "waited");
    for (int i = 0; i < 50; ++i) {
        CHECK(answer(c).body == "/item/" + std::to_string(i) + "||127.0.0.1");
    }
}

TEST_CASE_METHOD(http_fixture, "a request that arrives byte by byte is understood") {
    start();
    client c = connect();
    for (const char byte : post("/echo", "hello")) {
        c.send(std::string(1, byte));
        io.poll();
    }
    CHECK(answer(c).body == "/echo|hello|127.0.0.1");
}

TEST_CASE_METHOD(http_fixture, "a chunked body is put together") {
    start();
    const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    client c = connect();
    c.send(head + "3\r\nabc\r\n");
    io.poll();
    c.send("2;x=y\r\nde\r\n0\r\n\r\n" + get("/echo"));
    CHECK(answer(c).body == "/echo|abcde|127.0.0.1");
    CHECK(answer(c).body == "/echo||127.0.0.1");
}

TEST_CASE_METHOD(http_fixture, "a body over the limit is refused before it is read") {
    start();
    client c = connect();
    c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\n\r\n");
    const raw_answer a = answer(c);
    CHECK(a.status() == 413);
    CHECK(code_of(a) == "payload_too_large");
    CHECK(a.header("Connection") == "close");
    c.reset();
}

TEST_CASE_METHOD(http_fixture, "a chunked body over the limit is refused while it comes") {
    start();
    client c = connect();
    c.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n" +
        std::string(16, 'a') + "\r\n11\r\n" + std::string(17, 'a') + "\r\n0\r\n\r\n"
    );
    CHECK(answer(c).status() == 413);
    CHECK(is_closed(c));
}

TEST_CASE_METHOD(http_fixture, "a body where none is allowed is refused") {
    start();
    CHECK(ask("GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na").status() == 413);
}

TEST_CASE_METHOD(http_fixture, "a header over the limit is refused") {
    config.header_limit = 1_KiB;
    start();
    const raw_answer a = ask(get("/echo", "X-Long: " + std::string(2000, 'a') + "\r\n"));
    CHECK(a.status() == 431);
    CHECK(code_of(a) == "header_too_large");
}

TEST_CASE_METHOD(http_fixture, "what is no HTTP is refused and the connection ends") {
    start();
    for (const std::string text :
         {"NONSENSE\r\n\r\n",
          "GET /echo HTTP/1.1\r\n\r\n",
          "GET /echo HTTP/2.0\r\nHost: x\r\n\r\n",
          "GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
          "chunked\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        INFO(text);
        client c = connect();
        c.send(text);
        const raw_answer a = answer(c);
        CHECK(a.status() == 400);
        CHECK(code_of(a) == "invalid_request");
        CHECK(is_closed(c));
    }
}

TEST_CASE_METHOD(http_fixture, "a malformed target is a 400 and the connection goes on") {
    start();
    client c = connect();
    c.send(get("/%zz") + get("/echo"));
    CHECK(answer(c).status() == 400);
    CHECK(answer(c).status() == 200);
}

TEST_CASE_METHOD(http_fixture, "unknown paths, methods and verbs are told apart") {
    start();
    CHECK(code_of(ask(get("/nothing"))) == "not_found");
    const raw_answer wrong_method = ask("DELETE /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(wrong_method.status() == 405);
    CHECK(wrong_method.header("Allow") == "GET, POST, HEAD");
    CHECK(code_of(ask("BREW /echo HTTP/1.1\r\nHost: x\r\n\r\n")) == "not_implemented");
}

TEST_CASE_METHOD(http_fixture, "HEAD is answered like GET without the body") {
    start();
    client c = connect();
    c.send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n" + get("/echo"));
    const raw_answer head = answer(c, false);
    CHECK(head.status() == 200);
    CHECK(head.header("Content-Length") == "16");
    CHECK(answer(c).body == "/echo||127.0.0.1");
}

TEST_CASE_METHOD(http_fixture, "OPTIONS tells the methods, and a preflight what may be sent") {
    config.cors_origins = {"https://a.example"};
    start();
    const raw_answer plain = ask("OPTIONS /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(plain.status() == 204);
    CHECK(plain.header("Allow") == "GET, POST, HEAD, OPTIONS");
    const raw_answer preflight =
        ask("OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n"
            "Access-Control-Request-Method: POST\r\n\r\n");
    CHECK(preflight.header("Access-Control-Allow-Origin") == "https://a.example");
    CHECK_THAT(preflight.header("Access-Control-Allow-Methods"), Contains("POST"));
    const raw_answer stranger = ask(get("/echo", "Origin: https://b.example\r\n"));
    CHECK(stranger.status() == 200);
    CHECK(stranger.header("Access-Control-Allow-Origin").empty());
}

TEST_CASE_METHOD(http_fixture, "a client that waits for 100-continue gets it before its body") {
    start();
    client c = connect();
    c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    CHECK(answer(c).status() == 100);
    c.send("hi");
    CHECK(answer(c).body == "/echo|hi|127.0.0.1");
}

TEST_CASE_METHOD(http_fixture, "a request that is refused gets no 100-continue") {
    start();
    client c = connect();
    c.send("POST /private HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    );
    CHECK(answer(c).status() == 401);
    CHECK(is_closed(c));
}

TEST_CASE_METHOD(
    http_fixture,
    "an unauthorized request with a short body leaves the connection open"
) {
    start();
    client c = connect();
    c.send(post("/private", "abc") + post("/private", "abc", "Authorization: Bearer good\r\n"));
    CHECK(answer(c).status() == 401);
    CHECK(answer(c).body == "/private|abc|127.0.0.1");
}

TEST_CASE_METHOD(
    http_fixture,
    "an exception in a handler is a 500 that tells nothing, and the connection goes on"
) {
    start();
    std::vector<std::string> lines;
    const observe::log_redirect redirect([&](std::string line) { lines.push_back(std::move(line)); }
    );
    client c = connect();
    c.send(get("/tear") + get("/echo"));
    const raw_answer a = answer(c);
    CHECK(code_of(a) == "internal");
    CHECK_THAT(a.body, !Contains("secret words"));
    CHECK(answer(c).status() == 200);
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], Contains("http_handler_failed") && Contains("secret words"));
}

TEST_CASE_METHOD(http_fixture, "a header that does not end in time is a 408") {
    config.header_timeout = 20ms;
    start();
    client c = connect();
    c.send("GET /echo HTTP/1.1\r\nHost:");
    const raw_answer a = answer(c);
    CHECK(a.status() == 408);
    CHECK(code_of(a) == "request_timeout");
    CHECK(is_closed(c));
}

TEST_CASE_METHOD(http_fixture, "a body that does not end in time is a 408") {
    config.body_timeout = 20ms;
    start();
    client c = connect();
    c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
    CHECK(answer(c).status() == 408);
}

TEST_CASE_METHOD(http_fixture, "an idle connection is closed without a word") {
    config.idle_timeout = 20ms;
    start();
    client fresh = connect();
    CHECK(is_closed(fresh));
    client used = connect();
    used.send(get("/echo"));
    CHECK(answer(used).status() == 200);
    CHECK(is_closed(used));
}

TEST_CASE_METHOD(http_fixture, "a large answer and a large body arrive whole") {
    start();
    const std::string body(900'000, 'x');
    client c = connect();
    raw_answer a;
    // The body does not fit into the socket's buffers, so it is sent while the server reads.
    const auto exchange = [&]() -> awaitable<raw_answer> { co_return co_await c.answer(); };
    std::size_t sent = 0;
    const std::string all = post("/large", body);
    while (sent < all.size()) {
        const std::string piece = all.substr(sent, 32'768);
        c.send(piece);
        sent += piece.size();
        io.poll();
    }
    a = testing::run_coro(io, [&] { return exchange(); });
    CHECK(a.status() == 200);
    CHECK(a.body.size() == body.size() + std::string("/large||127.0.0.1").size());
}

TEST_CASE_METHOD(http_fixture, "HTTP/1.0 ends the connection unless asked to keep it") {
    start();
    client once = connect();
    once.send("GET /echo HTTP/1.0\r\n\r\n");
    CHECK(answer(once).header("Connection") == "close");
    CHECK(is_closed(once));
    client kept = connect();
    kept.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(answer(kept).header("Connection") == "keep-alive");
}

TEST_CASE_METHOD(http_fixture, "a client that asks to close is answered and closed") {
    start();
    client c = connect();
    c.send(get("/echo", "Connection: close\r\n"));
    CHECK(answer(c).header("Connection") == "close");
    CHECK(is_closed(c));
}

TEST_CASE_METHOD(http_fixture, "the address of a client behind a trusted proxy is believed") {
    config.trusted_proxies = {"127.0.0.0/8"};
    start();
    CHECK(ask(get("/echo", "X-Forwarded-For: 203.0.113.9\r\n")).body == "/echo||203.0.113.9");
}

TEST_CASE_METHOD(http_fixture, "above the bound a connection gets 503 and ends") {
    config.max_connections = 1;
    start();
    client first = connect();
    first.send(get("/echo"));
    CHECK(answer(first).status() == 200);
    client second = connect();
    CHECK(answer(second).status() == 503);
    CHECK(is_closed(second));
}

TEST_CASE_METHOD(http_fixture, "requests are counted by route pattern, never by path") {
    start();
    ask(get("/item/77"));
    ask(get("/nothing/88"));
    const std::string text = observe::metrics::instance().to_text();
    CHECK_THAT(
        text,
        Contains(
            "sluice_test_http_requests_total{method=\"GET\",route=\"/item/{id}\",status=\"200\"}"
        )
    );
    CHECK_THAT(text, Contains("route=\"unmatched\",status=\"404\""));
    CHECK_THAT(text, !Contains("/item/77") && !Contains("/nothing/88"));
}

TEST_CASE_METHOD(http_fixture, "a drain closes idle connections and lets a running request end") {
    start();
    client idle = connect();
    idle.send(get("/echo"));
    CHECK(answer(idle).status() == 200);
    client busy = connect();
    busy.send(get("/wait"));
    testing::run_coro(io, [this] { return entered.wait(); });
    the_server->stop_accepting();
    CHECK(is_closed(idle));
    release.set();
    const raw_answer last = answer(busy);
    CHECK(last.body == "waited");
    CHECK(last.header("Connection") == "close");
    CHECK(testing::run_coro(io, [this] { return the_server->close(5s); }) == 0);
}

TEST_CASE_METHOD(http_fixture, "a close cuts what outlives its grace and says how much") {
    start();
    client busy = connect();
    busy.send(get("/wait"));
    testing::run_coro(io, [this] { return entered.wait(); });
    CHECK(testing::run_coro(io, [this] { return the_server->close(1ms); }) == 1);
    CHECK(is_closed(busy));
}

TEST_CASE_METHOD(http_fixture, "a port in use and a bad address are errors with a reason") {
    start();
    server_config taken;
    taken.port = endpoint_of(the_server->local_address()).port();
    server second(io.get_executor(), "test", taken, router(), nullptr);
    const auto busy = second.listen();
    REQUIRE(busy.has_error());
    CHECK(busy.error() == errc::io);
    server_config nonsense;
    nonsense.address = "nowhere";
    server third(io.get_executor(), "test", nonsense, router(), nullptr);
    CHECK(third.listen().error() == errc::invalid);
}
