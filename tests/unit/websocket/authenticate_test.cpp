// Who gets a connection, and by what.
#include "authenticate.hpp"

#include "fakes.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::websocket;
using namespace sluice::websocket::testing;

namespace {

struct door {
    http::bearer_tokens tokens{{{"secret-a", "alice"}}};
    fake_tickets tickets;
    http::request q;

    ws::accept_decision knock() {
        asio::io_context io;
        return sluice::testing::run_coro(io, [&] { return authenticate(tokens, tickets, q); });
    }
    unsigned refusal() {
        const auto d = knock();
        return d.refusal ? d.refusal->status : 0;
    }
};

}  // namespace

TEST_CASE("a bearer token in the header is its user's") {
    door d;
    d.q.headers.set("Authorization", "Bearer secret-a");
    CHECK(d.knock().user_id == "alice");
}

TEST_CASE("a bearer token as a subprotocol is its user's and only ours is echoed") {
    door d;
    d.q.headers.set("Sec-WebSocket-Protocol", "sluice.v1, sluice.bearer.secret-a");
    const auto answer = d.knock();
    CHECK(answer.user_id == "alice");
    CHECK(answer.subprotocol == "sluice.v1");
}

TEST_CASE("subprotocols may come in several header lines") {
    door d;
    d.q.headers.add("sec-websocket-protocol", "sluice.v1");
    d.q.headers.add("Sec-WebSocket-Protocol", "sluice.bearer.secret-a");
    CHECK(d.knock().user_id == "alice");
}

TEST_CASE("a ticket is good once") {
    door d;
    d.tickets.known["t1"] = "bob";
    d.q.query["ticket"] = "t1";
    CHECK(d.knock().user_id == "bob");
    CHECK(d.refusal() == 401);
}

TEST_CASE("nothing, a wrong token and another scheme are 401") {
    door d;
    CHECK(d.refusal() == 401);
    d.q.headers.set("Authorization", "Bearer wrong");
    CHECK(d.refusal() == 401);
    d.q.headers.set("Authorization", "Basic c2VjcmV0LWE=");
    CHECK(d.refusal() == 401);
}

TEST_CASE("a token in the URL is not looked at") {
    door d;
    d.q.query["token"] = "secret-a";
    d.q.query["access_token"] = "secret-a";
    CHECK(d.refusal() == 401);
}

TEST_CASE("a wrong token is not mended by a ticket") {
    door d;
    d.tickets.known["t1"] = "bob";
    d.q.query["ticket"] = "t1";
    d.q.headers.set("Authorization", "Bearer wrong");
    CHECK(d.refusal() == 401);
    CHECK(d.tickets.known.contains("t1"));
}

TEST_CASE("while Redis is away a good token is 503 and a bad one 401") {
    door d;
    d.tickets.open = false;
    d.q.headers.set("Authorization", "Bearer secret-a");
    CHECK(d.refusal() == 503);
    d.q.headers.set("Authorization", "Bearer wrong");
    CHECK(d.refusal() == 401);
}

TEST_CASE("a ticket that cannot be looked up is 503, not 401") {
    door d;
    d.tickets.fails = true;
    d.q.query["ticket"] = "t1";
    CHECK(d.refusal() == 503);
}

TEST_CASE("a session's token is good in the header, as a subprotocol and as a cookie") {
    door d;
    d.tickets.tokens["sls_x"] = "carol";
    d.q.headers.set("Authorization", "Bearer sls_x");
    CHECK(d.knock().user_id == "carol");
    door offered;
    offered.tickets.tokens["slk_x"] = "carol";
    offered.q.headers.set("Sec-WebSocket-Protocol", "sluice.v1, sluice.bearer.slk_x");
    CHECK(offered.knock().user_id == "carol");
    door browser;
    browser.tickets.tokens["sls_x"] = "carol";
    browser.q.headers.set("Cookie", "other=1; sluice_session=sls_x");
    CHECK(browser.knock().user_id == "carol");
}

TEST_CASE("a session that Redis does not know is 401, and 503 while Redis is away") {
    door d;
    d.q.headers.set("Cookie", "sluice_session=sls_unknown");
    CHECK(d.refusal() == 401);
    d.tickets.fails = true;
    CHECK(d.refusal() == 503);
    d.tickets.open = false;
    CHECK(d.refusal() == 503);
}
