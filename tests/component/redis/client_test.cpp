// Commands, pipelines, scripts; timeouts and a server that goes away.
#include "support.hpp"

#include "sluice/runtime/gate.hpp"

#include <boost/asio/post.hpp>

namespace sluice::redis {
namespace {

using words = std::vector<std::string>;

TEST_CASE("values of any bytes come back as they went in") {
    with_client(test_config(), [](client& r) -> awaitable<void> {
        const std::string key = fresh_name();
        const std::string value("a\0b\r\n$5\xff", 9);
        words set{"SET", key, value};
        words get{"GET", key};
        CHECK(need(co_await r.command(set)).text == "OK");
        CHECK(need(co_await r.command(get)).text == value);
        words missing{"GET", fresh_name()};
        CHECK(need(co_await r.command(missing)).is_nil());
    });
}

TEST_CASE("integers and nested arrays are understood") {
    with_client(test_config(), [](client& r) -> awaitable<void> {
        const std::string key = fresh_name();
        words add{"XADD", key, "1-1", "field", "value"};
        need(co_await r.command(add));
        words length{"XLEN", key};
        CHECK(need(co_await r.command(length)).integer == 1);
        words read{"XRANGE", key, "-", "+"};
        auto entries = need(co_await r.command(read));
        REQUIRE(entries.items.size() == 1);
        CHECK(entries.items[0].items[0].text == "1-1");
        CHECK(entries.items[0].items[1].items[1].text == "value");
    });
}

TEST_CASE("an error answer is refused in the server's words and the connection goes on") {
    with_client(test_config(), [](client& r) -> awaitable<void> {
        words wrong{"NOSUCHCOMMAND"};
        auto e = co_await r.command(wrong);
        REQUIRE(e.has_error());
        CHECK(e.error() == errc::refused);
        CHECK(e.error().detail.find("unknown command") != std::string::npos);
        words ping{"PING"};
        CHECK(need(co_await r.command(ping)).text == "PONG");
    });
}

TEST_CASE("a pipeline answers each command in its place") {
    with_client(test_config(), [](client& r) -> awaitable<void> {
        const std::string key = fresh_name();
        std::vector<words> commands{{"SET", key, "1"}, {"NOSUCHCOMMAND"}, {"INCR", key}};
        auto answers = co_await r.pipeline(commands);
        REQUIRE(answers.size() == 3);
        CHECK(need(answers[0]).text == "OK");
        CHECK(answers[1].has_error());
        CHECK(need(answers[2]).integer == 2);
        std::vector<words> none;
        auto nothing = co_await r.pipeline(none);
        CHECK(nothing.empty());
    });
}

TEST_CASE("many callers at once each get their own answer") {
    asio::io_context io;
    client r(io.get_executor(), "test", test_config());
    runtime::gate children(io.get_executor(), [](const std::string&, std::exception_ptr e) {
        std::rethrow_exception(e);
    });
    int right = 0;
    const auto child = [&](int number) -> awaitable<void> {
        words echo{"ECHO", std::to_string(number)};
        auto answer = co_await r.command(echo);
        if (answer && answer->text == std::to_string(number)) ++right;
    };
    testing::run_coro(io, [&]() -> awaitable<void> {
        need(co_await r.connect(soon()));
        for (int i = 0; i < 1000; ++i)
            children.spawn("child", child(i));
        co_await children.close(std::chrono::seconds(10));
        co_await r.close();
    });
    CHECK(right == 1000);
}

TEST_CASE("a script runs by its hash, also after the server forgot it") {
    with_client(test_config(), [](client& r) -> awaitable<void> {
        const script s("return {KEYS[1], ARGV[1]}");
        CHECK(s.sha1().size() == 40);
        words keys{"k"};
        words arguments{"a"};
        words flush{"SCRIPT", "FLUSH"};
        for (int i = 0; i < 2; ++i) {
            auto answer = need(co_await r.eval(s, keys, arguments));
            REQUIRE(answer.items.size() == 2);
            CHECK(answer.items[0].text == "k");
            CHECK(answer.items[1].text == "a");
            need(co_await r.command(flush));
        }
        words known{"SCRIPT", "EXISTS", s.sha1()};
        need(co_await r.eval(s, keys, arguments));
        CHECK(need(co_await r.command(known)).items[0].integer == 1);
    });
}

TEST_CASE("a late answer breaks the connection, which then comes back") {
    auto c = test_config();
    c.command_timeout = std::chrono::milliseconds(100);
    with_client(c, [](client& r) -> awaitable<void> {
        words block{"BLPOP", fresh_name(), "1"};
        auto late = co_await r.command(block);
        REQUIRE(late.has_error());
        CHECK(late.error() == errc::timeout);
        need(co_await r.connect(soon()));
        words echo{"ECHO", "mine"};
        CHECK(need(co_await r.command(echo)).text == "mine");
    });
}

TEST_CASE("while the server is away commands fail at once, and work again when it is back") {
    const auto own = testing::start_redis();
    config c;
    c.url.value = own->url();
    with_client(c, [&](client& r) -> awaitable<void> {
        own->kill_hard();
        words ping{"PING"};
        auto during = co_await r.command(ping);
        REQUIRE(during.has_error());
        CHECK(during.error() == errc::unavailable);
        auto again = co_await r.command(ping);
        REQUIRE(again.has_error());
        CHECK(again.error() == errc::unavailable);
        own->restart();
        need(co_await r.connect(soon()));
        CHECK(need(co_await r.command(ping)).text == "PONG");
    });
}

TEST_CASE("user, password and database of the URL are used") {
    with_client(test_config(), [](client& r) -> awaitable<void> {
        words user{"ACL", "SETUSER", "al:ice", "on", ">p@ss/word", "~*", "+@all"};
        need(co_await r.command(user));
    });
    auto c = test_config();
    c.url.value.insert(8, "al%3Aice:p%40ss%2Fword@");
    if (c.url.value.back() == '/') c.url.value.pop_back();
    c.url.value += "/3";
    with_client(c, [](client& r) -> awaitable<void> {
        words who{"ACL", "WHOAMI"};
        CHECK(need(co_await r.command(who)).text == "al:ice");
        words info{"CLIENT", "INFO"};
        const std::string text = need(co_await r.command(info)).text;
        CHECK(text.find("db=3") != std::string::npos);
        CHECK(text.find("name=test") != std::string::npos);
    });
    c.url.value.replace(c.url.value.find("p%40"), 4, "x");
    asio::io_context io;
    client wrong(io.get_executor(), "test", c);
    testing::run_coro(io, [&]() -> awaitable<void> {
        auto r = co_await wrong.connect(deadline::in(std::chrono::milliseconds(200)));
        REQUIRE(r.has_error());
        CHECK(r.error().detail.find("WRONGPASS") != std::string::npos);
        co_await wrong.close();
    });
}

TEST_CASE("closing ends the commands that wait") {
    asio::io_context io;
    client r(io.get_executor(), "test", test_config());
    runtime::gate children(io.get_executor(), [](const std::string&, std::exception_ptr e) {
        std::rethrow_exception(e);
    });
    error ended;
    const auto wait = [&]() -> awaitable<void> {
        words block{"BLPOP", fresh_name(), "5"};
        auto answer = co_await r.command(block);
        if (!answer) ended = answer.error();
    };
    testing::run_coro(io, [&]() -> awaitable<void> {
        need(co_await r.connect(soon()));
        children.spawn("wait", wait());
        // The child was posted before this, so its command is on the way when this goes on.
        co_await asio::post(io, asio::use_awaitable);
        co_await r.close();
        co_await children.close(std::chrono::seconds(1));
    });
    CHECK(ended == errc::shutting_down);
}

}  // namespace
}  // namespace sluice::redis
