// Handlers over fakes: status codes, headers and bodies.
#include "handlers/handlers.hpp"

#include "authenticate.hpp"
#include "configured_tokens.hpp"
#include "fakes.hpp"
#include "handlers/answers.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using nlohmann::json;
using testing::world;
using handler = awaitable<http::response> (*)(app_context&, http::request);

struct front {
    world w;
    app_context app{w.p, "", "{}", "{}", "<html></html>"};

    http::response call(handler h, http::request q) {
        q.user_id = "ada";
        return sluice::testing::run_coro(w.io, [&] { return h(app, q); });
    }
    http::response post(std::string body, std::string type = "application/json") {
        http::request q = request(std::move(body));
        q.headers.set("Content-Type", std::move(type));
        return call(submit, q);
    }
    static http::request request(std::string body = "") {
        http::request q;
        q.body = std::move(body);
        q.ctx.correlation_id = "7d444840-9dc0-41d1-8c34-1b1a2c3d4e5f";
        return q;
    }
};

constexpr const char* hello = R"({"language": "python3", "source": "print 1"})";

}  // namespace

TEST_CASE("a submission is answered with 201, its place and five fields") {
    front f;
    const auto answer = f.post(hello);
    CHECK(answer.status == 201);
    const json body = json::parse(answer.body);
    CHECK(body.size() == 5);
    CHECK(body["status"] == "queued");
    CHECK(body["correlation_id"] == "7d444840-9dc0-41d1-8c34-1b1a2c3d4e5f");
    const std::string place = "/api/v1/submissions/" + body["id"].get<std::string>();
    CHECK(body["links"]["self"] == place);
    CHECK(answer.headers.get("Location") == place);
    CHECK(body.contains("created_at"));
}

TEST_CASE("with wait the answer is the finished submission") {
    front f;
    f.w.queue.on_publish = [&f](submission_id id) {
        f.w.store.finish(id, domain::status::accepted);
        f.w.waiter.finished(id);
    };
    http::request q = front::request(hello);
    q.headers.set("Content-Type", "application/json; charset=utf-8");
    q.query["wait"] = "5";
    const auto answer = f.call(submit, q);
    CHECK(answer.status == 201);
    const json body = json::parse(answer.body);
    CHECK(body["status"] == "accepted");
    CHECK(body.contains("stdout"));
}

TEST_CASE("another content type is 415") {
    front f;
    CHECK(f.post(hello, "text/plain").status == 415);
    CHECK(f.post(hello, "").status == 415);
    CHECK(f.post(hello, "Application/JSON ;charset=utf-8").status == 201);
}

TEST_CASE("malformed JSON and wrong shapes are 400, values that are not allowed 422") {
    front f;
    CHECK(f.post("{").status == 400);
    const auto unknown = f.post(R"({"language":"python3","source":"x","sorce":"y"})");
    CHECK(unknown.status == 400);
    CHECK(json::parse(unknown.body)["errors"][0]["field"] == "sorce");
    CHECK(f.post(R"({"language":7,"source":"x"})").status == 400);
    const auto refused = f.post(R"({"language":"klingon","source":"x"})");
    CHECK(refused.status == 422);
    CHECK(json::parse(refused.body)["errors"][0]["field"] == "language");
}

TEST_CASE("wait must be a number of seconds up to thirty") {
    front f;
    for (const char* wrong : {"31", "-1", "ten", "", "1.5"}) {
        http::request q = front::request();
        q.query["wait"] = wrong;
        q.params["id"] = "01900000-0000-7000-8000-000000000000";
        const auto answer = f.call(get_submission, q);
        CHECK(answer.status == 422);
        CHECK(json::parse(answer.body)["errors"][0]["field"] == "wait");
    }
}

TEST_CASE("a replay is 200 and says so; another body under the key is 409") {
    front f;
    http::request q = front::request(hello);
    q.headers.set("Content-Type", "application/json");
    q.headers.set("Idempotency-Key", "order-1");
    const auto first = f.call(submit, q);
    const auto again = f.call(submit, q);
    CHECK(first.status == 201);
    CHECK(again.status == 200);
    CHECK(again.headers.get("Idempotency-Replayed") == "true");
    CHECK(json::parse(again.body)["id"] == json::parse(first.body)["id"]);
    q.body = R"({"language": "python3", "source": "print 2"})";
    CHECK(f.call(submit, q).status == 409);
}

TEST_CASE("an Idempotency-Key is 1 to 255 printable ASCII characters") {
    front f;
    for (const std::string& wrong :
         {std::string(256, 'k'), std::string("\xc3\xa9"), std::string()}) {
        http::request q = front::request(hello);
        q.headers.set("Content-Type", "application/json");
        q.headers.set("Idempotency-Key", wrong);
        CHECK(f.call(submit, q).status == 422);
    }
}

TEST_CASE("storage and queue being away are 503 with Retry-After") {
    front f;
    f.w.store.is_away = true;
    const auto storage = f.post(hello);
    CHECK(storage.status == 503);
    CHECK(storage.headers.contains("Retry-After"));
    f.w.store.is_away = false;
    f.w.queue.is_away = true;
    CHECK(f.post(hello).status == 201);
    CHECK(f.post(hello).status == 201);
    const auto queue = f.post(hello);
    CHECK(queue.status == 503);
    CHECK(json::parse(queue.body)["code"] == "queue_unavailable");
    CHECK(queue.headers.contains("Retry-After"));
}

TEST_CASE("a malformed id is not found") {
    front f;
    http::request q = front::request();
    q.params["id"] = "42";
    CHECK(f.call(get_submission, q).status == 404);
}

TEST_CASE("history pages have no program text and a cursor that leads on") {
    front f;
    for (int i = 0; i < 3; ++i)
        f.post(hello);
    http::request q = front::request();
    q.query["limit"] = "2";
    const json page = json::parse(f.call(list_history, q).body);
    REQUIRE(page["items"].size() == 2);
    CHECK_FALSE(page["items"][0].contains("stdout"));
    q.query["cursor"] = page["next_cursor"].get<std::string>();
    const json rest = json::parse(f.call(list_history, q).body);
    CHECK(rest["items"].size() == 1);
    CHECK(rest["next_cursor"].is_null());
    q.query["cursor"] = "nonsense";
    CHECK(f.call(list_history, q).status == 422);
}

TEST_CASE("languages show what the workers have, and nothing when no worker is known") {
    front f;
    json list = json::parse(f.call(list_languages, front::request()).body);
    REQUIRE(list["items"].size() == 1);
    CHECK(list["items"][0]["id"] == "python3");
    const json unknown = list["items"][0];
    f.w.workers.know("python3", true);
    list = json::parse(f.call(list_languages, front::request()).body);
    CHECK(list["items"][0] != unknown);
}

TEST_CASE("a ticket is not cached and shows where to go") {
    front f;
    const auto answer = f.call(create_ticket, front::request());
    CHECK(answer.status == 201);
    CHECK(answer.headers.get("Cache-Control") == "no-store");
    CHECK(json::parse(answer.body)["url"] == "/ws?ticket=ticket-1");
    f.w.tickets.is_away = true;
    CHECK(f.call(create_ticket, front::request()).status == 503);
}

TEST_CASE("without a known token a user's route is 401 and names the scheme") {
    asio::io_context io;
    const std::map<std::string, std::string> tokens{{"secret", "ada"}, {"root", "ruth"}};
    configured_tokens known(http::bearer_tokens(tokens), {"ruth"});
    const std::vector<std::string> no_origins;
    const auto auth = authenticate(known, no_origins);
    http::request q = front::request();
    const auto ask = [&](http::access who) {
        return sluice::testing::run_coro(io, [&] { return auth(q, who); });
    };
    CHECK_FALSE(ask(http::access::open).has_value());
    const auto no = ask(http::access::user);
    REQUIRE(no.has_value());
    CHECK(no->status == 401);
    CHECK(no->headers.get("WWW-Authenticate") == "Bearer");
    q.headers.set("Authorization", "Bearer wrong");
    CHECK(ask(http::access::user).has_value());
    q.headers.set("Authorization", "Bearer secret");
    CHECK_FALSE(ask(http::access::user).has_value());
    CHECK(q.user_id == "ada");
    CHECK(ask(http::access::admin)->status == 403);
    q.headers.set("Authorization", "Bearer root");
    CHECK_FALSE(ask(http::access::admin).has_value());
    CHECK(q.user_id == "ruth");
}

namespace {

// Knows one token for each kind of caller.
class some_identities final : public identity_source {
public:
    awaitable<result<std::optional<identity>>> of_token(std::string token) override {
        asked.push_back(token);
        std::optional<identity> out;
        if (token == "away") co_return fail(errc::unavailable);
        if (token == "session") {
            out.emplace();
            out->user = "ada";
            out->session = uuid::random_v4();
        }
        if (token == "reader") {
            out.emplace();
            out->user = "ada";
            out->scopes = {true, false, false, false};
        }
        co_return out;
    }
    std::vector<std::string> asked;
};

struct gatekeeper {
    asio::io_context io;
    some_identities known;
    std::vector<std::string> origins{"https://play.example"};
    http::authenticator auth = authenticate(known, origins);

    unsigned ask(http::request& q) {
        const auto no = sluice::testing::run_coro(io, [&] { return auth(q, http::access::user); });
        return no ? no->status : 0;
    }
    static http::request with_cookie(http::verb method) {
        http::request q = front::request();
        q.method = method;
        q.headers.set("Host", "api.example");
        q.headers.set("Cookie", "sluice_session=session");
        return q;
    }
};

}  // namespace

TEST_CASE("a cookie is as good as a header, and says which session it is") {
    gatekeeper g;
    http::request q = gatekeeper::with_cookie(http::verb::get);
    CHECK(g.ask(q) == 0);
    CHECK(q.user_id == "ada");
    CHECK(uuid::parse(q.session_id));
}

TEST_CASE("a header beats a cookie, even when it is wrong") {
    gatekeeper g;
    for (const char* header : {"Bearer unknown", "Basic YTpi", "", "Bearer a b"}) {
        http::request q = gatekeeper::with_cookie(http::verb::get);
        q.headers.set("Authorization", header);
        CHECK(g.ask(q) == 401);
    }
}

TEST_CASE("a write that a page of another site asked for is refused before the token is looked at"
) {
    gatekeeper g;
    for (const auto method :
         {http::verb::post, http::verb::put, http::verb::delete_, http::verb::patch}) {
        http::request evil = gatekeeper::with_cookie(method);
        evil.headers.set("Origin", "https://evil.example");
        CHECK(g.ask(evil) == 403);
        http::request fetched = gatekeeper::with_cookie(method);
        fetched.headers.set("Sec-Fetch-Site", "cross-site");
        CHECK(g.ask(fetched) == 403);
        CHECK(g.known.asked.empty());
    }
    for (const char* origin : {"https://api.example", "https://play.example"}) {
        http::request q = gatekeeper::with_cookie(http::verb::post);
        q.headers.set("Origin", origin);
        CHECK(g.ask(q) == 0);
    }
    http::request program = gatekeeper::with_cookie(http::verb::post);
    CHECK(g.ask(program) == 0);
}

TEST_CASE("a header is no browser's own doing, so its origin does not matter") {
    gatekeeper g;
    http::request q = front::request();
    q.method = http::verb::post;
    q.headers.set("Authorization", "Bearer session");
    q.headers.set("Origin", "https://evil.example");
    CHECK(g.ask(q) == 0);
}

TEST_CASE("a key does what it was made for and is told what it was not") {
    gatekeeper g;
    http::request q = front::request();
    q.headers.set("Authorization", "Bearer reader");
    q.needs = http::scope::read;
    CHECK(g.ask(q) == 0);
    for (const auto need : {http::scope::submit, http::scope::admin, http::scope::account}) {
        q.needs = need;
        CHECK(g.ask(q) == 403);
    }
}

TEST_CASE("while callers cannot be told apart it is 503") {
    gatekeeper g;
    http::request q = front::request();
    q.headers.set("Authorization", "Bearer away");
    CHECK(g.ask(q) == 503);
}

}  // namespace sluice::submission
