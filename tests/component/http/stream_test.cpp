// A body that is made while it is sent: whole, broken off, and given up when the client goes.
#include "http_fixture.hpp"

namespace sluice::http {
namespace {

struct stream_fixture : http_fixture {
    runtime::event gone{io.get_executor()};
    runtime::event stuck{io.get_executor()};
    int written = 0;

    awaitable<bool> three(body_writer& to) {
        co_await to.write("one ");
        co_await to.write("");
        co_await to.write("two ");
        co_return co_await to.write("three");
    }
    awaitable<bool> broken(body_writer& to) {
        co_await to.write("half");
        co_return false;
    }
    awaitable<bool> endless(body_writer& to) {
        co_await to.write("begun");
        entered.set();
        const auto waited = co_await release.wait();
        if (!waited) gone.set();
        co_return waited.has_value();
    }
    awaitable<bool> flood(body_writer& to) {
        for (;;) {
            const bool is_taken = co_await to.write(std::string(256 << 10, 'x'));
            if (!is_taken) break;
            ++written;
        }
        stuck.set();
        co_return false;
    }
    static response streamed(streamed_body body) {
        response answer;
        answer.headers.set("Content-Type", "text/plain");
        answer.stream = std::move(body);
        return answer;
    }
    awaitable<response> answer_with(std::string path) {
        if (path == "/three") co_return streamed([this](body_writer& to) { return three(to); });
        if (path == "/broken") co_return streamed([this](body_writer& to) { return broken(to); });
        if (path == "/flood") co_return streamed([this](body_writer& to) { return flood(to); });
        co_return streamed([this](body_writer& to) { return endless(to); });
    }
    void start_streams() {
        router routes;
        for (const char* path : {"/three", "/broken", "/endless", "/flood"}) {
            routes.add(make_route(verb::get, path, [this](request q) {
                return answer_with(q.path);
            }));
        }
        routes.add(make_route(verb::get, "/echo", echo));
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
    bool comes(runtime::event& e) {
        return sluice::testing::run_coro(io, [&]() -> awaitable<bool> {
            const auto waited = co_await e.wait(deadline::in(std::chrono::seconds(10)));
            co_return waited.has_value();
        });
    }
};

std::string get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

}  // namespace

TEST_CASE_METHOD(stream_fixture, "a streamed body comes in chunks and the connection goes on") {
    start_streams();
    client c = connect();
    c.send(get("/three"));
    const auto head = answer(c);
    CHECK(head.status() == 200);
    CHECK(head.header("Transfer-Encoding") == "chunked");
    CHECK(head.header("Content-Length").empty());
    const std::string body = "4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n";
    CHECK(sluice::testing::run_coro(io, [&] { return c.bytes(body.size()); }) == body);
    c.send(get("/echo"));
    CHECK(answer(c).body == "/echo||127.0.0.1");
}

TEST_CASE_METHOD(stream_fixture, "HEAD of a streamed body makes no body") {
    start_streams();
    client c = connect();
    c.send("HEAD /endless HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(answer(c, false).status() == 200);
    CHECK_FALSE(entered.is_set());
    c.send(get("/echo"));
    CHECK(answer(c).body == "/echo||127.0.0.1");
}

TEST_CASE_METHOD(stream_fixture, "to an old client the end of the connection ends the body") {
    start_streams();
    client c = connect();
    c.send("GET /three HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
    const auto head = answer(c);
    CHECK(head.header("Transfer-Encoding").empty());
    CHECK(head.header("Connection") == "close");
    const std::string body = "one two three";
    CHECK(sluice::testing::run_coro(io, [&] { return c.bytes(body.size()); }) == body);
    CHECK(is_closed(c));
}

TEST_CASE_METHOD(stream_fixture, "a body that is broken off ends the connection without its end") {
    start_streams();
    client c = connect();
    c.send(get("/broken"));
    answer(c);
    const std::string body = "4\r\nhalf\r\n";
    CHECK(sluice::testing::run_coro(io, [&] { return c.bytes(body.size()); }) == body);
    CHECK(is_closed(c));
}

TEST_CASE_METHOD(stream_fixture, "a client that goes cancels what makes its body") {
    start_streams();
    client c = connect();
    c.send(get("/endless"));
    answer(c);
    CHECK(comes(entered));
    c.reset();
    CHECK(comes(gone));
}

TEST_CASE_METHOD(stream_fixture, "a request that comes during a stream waits for its end") {
    start_streams();
    client c = connect();
    c.send(get("/endless"));
    answer(c);
    CHECK(comes(entered));
    c.send(get("/echo"));
    const std::string first = "5\r\nbegun\r\n";
    CHECK(sluice::testing::run_coro(io, [&] { return c.bytes(first.size()); }) == first);
    CHECK_FALSE(gone.is_set());
    release.set();
    const std::string last = "0\r\n\r\n";
    CHECK(sluice::testing::run_coro(io, [&] { return c.bytes(last.size()); }) == last);
    CHECK(answer(c).body == "/echo||127.0.0.1");
}

TEST_CASE_METHOD(
    stream_fixture,
    "a client that takes nothing is given up after the write timeout"
) {
    config.write_timeout = std::chrono::milliseconds(200);
    start_streams();
    client c = connect();
    c.send(get("/flood"));
    CHECK(comes(stuck));
    // What was written lies in the two sockets' buffers; nothing grew here.
    CHECK(written < 256);
}

TEST_CASE_METHOD(stream_fixture, "a close cuts a stream that outlives its grace") {
    start_streams();
    client c = connect();
    c.send(get("/endless"));
    answer(c);
    CHECK(comes(entered));
    const auto cut = sluice::testing::run_coro(io, [this] {
        return the_server->close(std::chrono::milliseconds(10));
    });
    CHECK(cut == 1);
    CHECK(gone.is_set());
}

}  // namespace sluice::http
