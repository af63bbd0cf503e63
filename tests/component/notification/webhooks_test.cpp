// Deliveries on a real PostgreSQL, and the sender against real sockets of this machine.
#include "adapters/curl_sender.hpp"
#include "adapters/postgres_results.hpp"
#include "adapters/postgres_webhooks.hpp"
#include "support.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <set>
#include <thread>

using namespace sluice;
using namespace sluice::notification;
using namespace sluice::notification::real;

namespace {

struct deliveries : servers {
    postgres_results store{*pool};
    postgres_webhooks queue{*pool};
    webhook_limits limits{100, 100, 100, std::chrono::seconds(60)};

    deliveries() {
        query("delete from webhook_deliveries");
        query(
            "insert into webhook_settings (user_id, secret, updated_at) values ('alice', 's', "
            "now()) on conflict do nothing"
        );
    }
    submission_id wanted(const std::string& host = "example.com:443") {
        const auto id = fresh_id();
        accept(id, system_clock().now() + std::chrono::hours(1));
        query(
            "insert into webhook_targets (subject_id, user_id, url, host, headers, created_at) "
            "values ($1::uuid, 'alice', 'https://example.com/', $2::text, '{\"X-A\":\"b\"}', "
            "now())",
            {id, host}
        );
        return id;
    }
    void finish(submission_id id) {
        std::vector<domain::run_result> results(1, a_result(id));
        need(run([&] { return store.store(results); }));
    }
    std::vector<webhook_delivery> claim(webhook_load load = {}) {
        return need(run([&] { return queue.claim(limits, load); }));
    }
    void settle(const webhook_delivery& d, webhook_verdict v) {
        webhook_answer a;
        a.http_status = 500;
        a.response = std::string("a\0b\xff", 4);
        a.at = system_clock().now();
        need(run([&] { return queue.settle(d, a, v); }));
    }
    std::string status(const webhook_delivery& d) {
        return query("select status from webhook_deliveries where id = $1::uuid", {d.id})[0].text(
            "status"
        );
    }
};

// A server of one connection: reads until the end of the headers, says `answer`, hangs up.
struct one_answer {
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
    std::string request;
    std::thread thread;

    explicit one_answer(std::string answer, std::size_t times = 1) {
        thread = std::thread([this, answer = std::move(answer), times] {
            boost::system::error_code e;
            asio::ip::tcp::socket peer(io);
            acceptor.accept(peer, e);
            if (e) return;
            std::array<char, 4096> buffer{};
            while (request.find("\r\n\r\n{}") == std::string::npos && !e)
                request.append(buffer.data(), peer.read_some(asio::buffer(buffer), e));
            for (std::size_t i = 0; i < times && !e; ++i)
                asio::write(peer, asio::buffer(answer), e);
        });
    }
    ~one_answer() {
        // Whoever was never called is woken.
        boost::system::error_code e;
        asio::ip::tcp::socket own(io);
        if (thread.joinable() && request.empty()) own.connect(acceptor.local_endpoint(), e);
        own.close(e);
        thread.join();
    }
    std::string url(const std::string& host = "127.0.0.1") const {
        return "http://" + host + ":" + std::to_string(acceptor.local_endpoint().port()) + "/hook";
    }
};

webhook_answer send(
    const std::string& url,
    bool allow_loopback = true,
    std::chrono::milliseconds timeout = std::chrono::seconds(5)
) {
    sender_settings settings;
    settings.threads = 1;
    settings.allow_loopback = allow_loopback;
    settings.timeout = timeout;
    asio::io_context io;  // outlives the sender's threads, which end in it
    curl_sender sender(settings);
    webhook_request q{url, {{"X-A", "b"}}, "{}"};
    return sluice::testing::run_coro(io, [&] { return sender.send(q); });
}

}  // namespace

TEST_CASE("a delivery is made with the result, once, and a result without a wish makes none") {
    deliveries t;
    const auto id = t.wanted();
    t.finish(id);
    t.finish(id);
    const auto silent = fresh_id();
    t.accept(silent, system_clock().now() + std::chrono::hours(1));
    t.finish(silent);
    const auto got = t.claim();
    REQUIRE(got.size() == 1);
    CHECK(got[0].subject == id.value());
    CHECK(got[0].url == "https://example.com/");
    CHECK(got[0].headers == std::vector<std::pair<std::string, std::string>>{{"X-A", "b"}});
    CHECK(got[0].secrets == std::vector<std::string>{"s"});
    CHECK(got[0].attempt == 1);
}

TEST_CASE("the user's own webhook hears of what has none of its own") {
    deliveries t;
    t.query(
        "update webhook_settings set url = 'https://d.example/', host = 'd.example:443' where "
        "user_id = 'alice'"
    );
    const auto id = fresh_id();
    t.accept(id, system_clock().now() + std::chrono::hours(1));
    t.finish(id);
    t.query("update webhook_settings set url = null, host = null where user_id = 'alice'");
    const auto got = t.claim();
    REQUIRE(got.size() == 1);
    CHECK(got[0].url == "https://d.example/");
}

TEST_CASE("two claimants never hold the same delivery") {
    deliveries one, two;
    for (int i = 0; i < 20; ++i)
        one.finish(one.wanted());
    one.limits.free_places = 5;
    two.limits.free_places = 5;
    std::set<uuid> seen;
    for (int round = 0; round < 2; ++round) {
        for (auto* claimant : {&one, &two}) {
            for (const auto& d : claimant->claim())
                CHECK(seen.insert(d.id).second);
        }
    }
    CHECK(seen.size() == 20);
    CHECK(one.claim().empty());
}

TEST_CASE("a claim that nobody settles ends with its lease") {
    deliveries t;
    t.finish(t.wanted());
    t.limits.lease = std::chrono::milliseconds(0);
    const auto first = t.claim();
    const auto second = t.claim();
    REQUIRE(second.size() == 1);
    CHECK(second[0].attempt == 2);
    // Whoever lost its claim changes nothing.
    webhook_verdict failed;
    t.settle(first.at(0), failed);
    CHECK(t.status(first[0]) == "pending");
    t.settle(second[0], failed);
    CHECK(t.status(second[0]) == "failed");
}

TEST_CASE("a dead host's deliveries leave the places to others") {
    deliveries t;
    for (int i = 0; i < 6; ++i)
        t.finish(t.wanted("dead.example:443"));
    t.finish(t.wanted("fine.example:443"));
    t.limits.per_host = 2;
    std::multiset<std::string> hosts;
    for (const auto& d : t.claim())
        hosts.insert(d.host);
    CHECK(hosts.count("dead.example:443") == 2);
    CHECK(hosts.count("fine.example:443") == 1);
    webhook_load load;
    load.hosts["dead.example:443"] = 2;
    CHECK(t.claim(load).empty());
    load.hosts["dead.example:443"] = 1;
    CHECK(t.claim(load).size() == 1);
    load.hosts.clear();
    load.users["alice"] = 100;
    CHECK(t.claim(load).empty());
}

TEST_CASE("what is to be tried again is due after its pause, and what has ended is replayed on wish"
) {
    deliveries t;
    t.finish(t.wanted());
    auto got = t.claim();
    t.settle(got.at(0), {webhook_verdict::kind::again, std::chrono::hours(1)});
    CHECK(t.claim().empty());
    t.query("update webhook_deliveries set next_attempt_at = now()");
    got = t.claim();
    REQUIRE(got.size() == 1);
    CHECK(got[0].tries == 2);
    t.settle(got[0], {webhook_verdict::kind::failed, {}});
    CHECK(t.claim().empty());
    t.query("update webhook_deliveries set replay_requested_at = now()");
    got = t.claim();
    REQUIRE(got.size() == 1);
    CHECK(got[0].tries == 1);
    CHECK(got[0].attempt == 3);
    const auto log = t.query("select number, response from webhook_attempts order by number");
    REQUIRE(log.size() == 2);
    CHECK(log[0].text("response") == "a?b?");
}

TEST_CASE("ended deliveries are forgotten by their age, others never") {
    deliveries t;
    t.finish(t.wanted());
    t.finish(t.wanted());
    t.settle(t.claim().at(0), {webhook_verdict::kind::delivered, {}});
    const auto hour = std::chrono::milliseconds(std::chrono::hours(1));
    CHECK(need(t.run([&] { return t.queue.forget(hour); })) == 0);
    t.query(
        "update webhook_deliveries set created_at = now() - interval '2 h', finished_at = "
        "finished_at - interval '2 h'"
    );
    CHECK(need(t.run([&] { return t.queue.forget(hour); })) == 1);
    CHECK(t.query("select from webhook_deliveries").size() == 1);
}

TEST_CASE("a request arrives as it was given, and the answer is told") {
    one_answer server("HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nhello");
    const auto got = send(server.url());
    CHECK(got.error == "");
    CHECK(got.http_status == 202);
    CHECK(got.response == "hello");
    CHECK(got.address == "127.0.0.1");
    CHECK(server.request.starts_with("POST /hook HTTP/1.1\r\n"));
    CHECK(server.request.find("\r\nX-A: b\r\n") != std::string::npos);
}

TEST_CASE("loopback is refused before a connection, by address and by name") {
    one_answer server("HTTP/1.1 200 OK\r\n\r\n");
    const auto by_address = send(server.url(), false);
    CHECK(by_address.error == "not sent: 127.0.0.1 is a loopback address");
    CHECK_FALSE(by_address.http_status);
    CHECK(send(server.url("localhost"), false).error.starts_with("not sent: "));
    // What the parser of URLs would have refused is stopped here too.
    CHECK(send(server.url("2130706433"), false).error.starts_with("not sent: "));
    CHECK(send(server.url("[::ffff:127.0.0.1]"), false).error.starts_with("not sent: "));
    CHECK(server.request.empty());
}

TEST_CASE("private addresses are refused even where loopback is allowed") {
    for (const auto* host : {"10.0.0.1", "169.254.169.254", "[fd00::1]", "[::ffff:10.0.0.1]"})
        CHECK(send("http://" + std::string(host) + "/").error.starts_with("not sent: "));
}

TEST_CASE("a redirect is an answer like another") {
    one_answer server(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    );
    const auto got = send(server.url());
    CHECK(got.error == "");
    CHECK(got.http_status == 302);
}

TEST_CASE("a body that never ends is cut, and its status counts") {
    one_answer server("HTTP/1.1 200 OK\r\n\r\n" + std::string(1 << 20, 'x'), 1000);
    const auto got = send(server.url());
    CHECK(got.error == "");
    CHECK(got.http_status == 200);
    CHECK(got.response.size() == 512);
}

TEST_CASE("a server that says nothing is left after the timeout") {
    asio::io_context io;
    asio::ip::tcp::acceptor silent(io, {asio::ip::address_v4::loopback(), 0});
    const auto url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/";
    const auto got = send(url, true, std::chrono::milliseconds(300));
    CHECK(got.error.starts_with("timeout"));
    CHECK_FALSE(got.http_status);
}

TEST_CASE("a name without an address is told") {
    CHECK(send("http://nobody.invalid/").error != "");
}

TEST_CASE("no proxy of the environment leads around the wall") {
    ::setenv("http_proxy", "http://127.0.0.1:1/", 1);
    one_answer server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const auto got = send(server.url());
    ::unsetenv("http_proxy");
    CHECK(got.http_status == 200);
}
